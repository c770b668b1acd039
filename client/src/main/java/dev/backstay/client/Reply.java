package dev.backstay.client;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A whole answer.
 *
 * @param status the HTTP status
 * @param headers its headers, names in lower case
 * @param body its body; empty if it went into a file
 */
public record Reply(int status, Map<String, List<String>> headers, byte[] body) {

    /** The largest answer that is kept in memory, in bytes. */
    public static final int LIMIT = 64 * 1024 * 1024;

    /** The first value of this header, in whatever case it is asked for. */
    public Optional<String> header(String name) {
        return first(headers, name);
    }

    static Optional<String> first(Map<String, List<String>> headers, String name) {
        List<String> values = headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
        return values.isEmpty() ? Optional.empty() : Optional.of(values.get(0));
    }

    /** The body as text. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
