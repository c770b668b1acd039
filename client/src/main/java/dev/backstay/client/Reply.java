package dev.backstay.client;

import dev.backstay.wire.Headers;
import java.nio.charset.StandardCharsets;

/**
 * A good answer.
 *
 * @param status the HTTP status, 200 to 299
 * @param headers its headers
 * @param body its body; empty if it went into a file
 */
public record Reply(int status, Headers headers, byte[] body) {

    /** The largest answer that is kept in memory, in bytes. */
    public static final int LIMIT = 32 * 1024 * 1024;

    /** The body as text. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
