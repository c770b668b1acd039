package dev.backstay.client;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;

/** Names the key that pays without being it, so that keys that differ share no limits and no refusals. */
public final class Credential {

    /** The headers that keys come in, names in lower case. */
    public static final List<String> HEADERS = List.of("authorization", "x-api-key", "api-key", "cookie");

    /** Enough to tell keys apart, too few to be taken for one. */
    private static final int BYTES = 8;

    private Credential() {}

    /** The name of what these headers carry; the values of one by its name in lower case. */
    public static String of(Function<String, List<String>> headers) {
        MessageDigest digest = digest();
        for (String name : HEADERS) {
            for (String value : headers.apply(name)) {
                digest.update((name + ":" + value + "\n").getBytes(StandardCharsets.UTF_8));
            }
        }
        return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }
}
