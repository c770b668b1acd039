package dev.backstay.fireworks;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The ids of resources: their rule, and ids made from content, so that asking twice asks for the same. */
public final class Ids {

    /** The longest id. */
    public static final int LONGEST = 63;

    private static final int HASH_DIGITS = 24;

    private Ids() {}

    /**
     * Checks an id before anybody is asked: an id that breaks the rule can leave half-made things behind.
     *
     * @throws IllegalArgumentException naming it and the rule it breaks
     */
    public static String check(String what, String id) {
        if (id.isEmpty()
                || id.length() > LONGEST
                || !id.matches("[a-z0-9-]+")
                || id.startsWith("-")
                || id.endsWith("-")) {
            throw new IllegalArgumentException("the id of the " + what + " is '" + id + "': it must be 1 to " + LONGEST
                    + " of a-z, 0-9 and -, and neither begin nor end with -");
        }
        return id;
    }

    /** The last part of a resource name; an id stays as it is. */
    public static String last(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    /** An id that is the same whenever the parts are the same. */
    static String of(String prefix, String... parts) {
        MessageDigest digest = sha256();
        for (String part : parts) {
            digest.update(part.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
        }
        return prefix + "-" + HexFormat.of().formatHex(digest.digest()).substring(0, HASH_DIGITS);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }
}
