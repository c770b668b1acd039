package dev.backstay.gateway.keys;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A key, without its secret.
 *
 * @param id its public half: 8 hexadecimal digits, shown in logs, metrics and lists
 * @param name whose it is, for people
 * @param sha256 of the secret half, as 64 hexadecimal digits
 * @param created when
 * @param limits what it may
 */
public record CallerKey(String id, String name, String sha256, Instant created, KeyLimits limits) {

    /** What keys begin with, so that scanners for leaked secrets find them. */
    public static final String PREFIX = "bks_";

    /** The longest name, in characters: it becomes a label. */
    public static final int NAME_LIMIT = 64;

    private static final int ID_DIGITS = 8;
    private static final int SECRET_BYTES = 32;
    private static final int HASH_DIGITS = 64;

    /** @throws IllegalArgumentException naming what is wrong */
    public CallerKey {
        limits = limits == null ? KeyLimits.NONE : limits;
        if (id.length() != ID_DIGITS || !id.chars().allMatch(HexFormat::isHexDigit)) {
            throw new IllegalArgumentException("id is '" + id + "': it must have " + ID_DIGITS + " hexadecimal digits");
        }
        if (name.isBlank() || name.length() > NAME_LIMIT || !name.chars().allMatch(c -> c >= ' ' && c != 0x7f)) {
            throw new IllegalArgumentException("name of key " + id + " must have 1 to " + NAME_LIMIT + " characters");
        }
        if (sha256.length() != HASH_DIGITS || !sha256.chars().allMatch(HexFormat::isHexDigit)) {
            throw new IllegalArgumentException(
                    "sha256 of key " + id + " must have " + HASH_DIGITS + " hexadecimal digits");
        }
    }

    /**
     * A new key, and the only time that its secret is seen.
     *
     * @param token what the caller sends
     */
    public record Made(String token, CallerKey key) {}

    /** Makes one. */
    public static Made make(String name, KeyLimits limits, Instant now, SecureRandom random) {
        byte[] id = new byte[ID_DIGITS / 2];
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(id);
        random.nextBytes(secret);
        String publicHalf = HexFormat.of().formatHex(id);
        String secretHalf = HexFormat.of().formatHex(secret);
        String hash = HexFormat.of().formatHex(sha256(secretHalf));
        return new Made(PREFIX + publicHalf + "_" + secretHalf, new CallerKey(publicHalf, name, hash, now, limits));
    }

    /** The id that a token names; empty if it cannot be one of ours. */
    static Optional<String> idIn(String token) {
        int end = PREFIX.length() + ID_DIGITS;
        return token.startsWith(PREFIX) && token.length() > end + 1 && token.charAt(end) == '_'
                ? Optional.of(token.substring(PREFIX.length(), end))
                : Optional.empty();
    }

    /** The hash of the secret half of a token that {@link #idIn names an id}. */
    static byte[] hashOf(String token) {
        return sha256(token.substring(PREFIX.length() + ID_DIGITS + 1));
    }

    private static byte[] sha256(String secret) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }
}
