package dev.backstay.gateway;

import dev.backstay.client.Credential;
import dev.backstay.gateway.keys.CallerKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Calls that are asked for twice at the same time: who sends an {@code Idempotency-Key} that a running call of the same caller has, and
 * the same request, gets that call's answer. Nothing is remembered of calls that are over. Thread-safe.
 */
final class Shares {

    /** Calls that can be shared at the same time; further ones are made as if nobody had asked for it. */
    static final int LIMIT = 10_000;

    private static final String HEADER = "Idempotency-Key";

    /** The longest key, in characters. */
    private static final int KEY_LIMIT = 256;

    /** @param caller names the caller; keys of different callers never meet */
    private record Name(String caller, String key) {}

    private final Map<Name, Share> running = new ConcurrentHashMap<>();

    private Optional<Share> find(String caller, String key, String request) throws Refused {
        Name name = new Name(caller, key);
        if (running.size() >= LIMIT && !running.containsKey(name)) {
            return Optional.empty();
        }
        Share share = running.computeIfAbsent(name, fresh -> new Share(request, over -> running.remove(fresh, over)));
        if (!share.request().equals(request)) {
            throw new Refused(
                    422,
                    "idempotency_key_reused",
                    "another request runs under this Idempotency-Key; give each its own");
        }
        return Optional.of(share);
    }

    /**
     * The call that this one may share: a new one, which the asker has to lead, or the one that runs.
     *
     * @return nothing if that is not asked for
     * @throws Refused if another request runs under its key
     */
    Optional<Share> find(Inbound inbound) throws Refused {
        String key = inbound.head().headers().get(HEADER);
        if (key == null) {
            return Optional.empty();
        }
        if (key.isBlank() || key.length() > KEY_LIMIT) {
            throw new Refused(400, "bad_idempotency_key", HEADER + " must have 1 to " + KEY_LIMIT + " characters");
        }
        String caller = inbound.key()
                .map(CallerKey::id)
                .orElseGet(() -> Credential.of(inbound.head().headers()::getAll));
        return find(caller, key, fingerprint(inbound));
    }

    private static String fingerprint(Inbound inbound) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((inbound.head().method() + " " + inbound.path() + " " + inbound.stream() + " ")
                    .getBytes(StandardCharsets.US_ASCII));
            digest.update(inbound.body().nioBuffer());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }

    /** How many run. */
    int size() {
        return running.size();
    }
}
