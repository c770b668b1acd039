package dev.backstay.gateway.keys;

import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The keys in force. Immutable. */
public final class KeyRing {

    /** Compared with when there is no such key, so that this takes as long. */
    private static final CallerKey NOBODY =
            new CallerKey("00000000", "nobody", "0".repeat(64), Instant.EPOCH, KeyLimits.NONE);

    /** A key, and its hash as it is compared. */
    private record Known(CallerKey key, byte[] hash) {

        static Known of(CallerKey key) {
            return new Known(key, HexFormat.of().parseHex(key.sha256()));
        }
    }

    private final Map<String, Known> byId;
    private final Known nobody = Known.of(NOBODY);

    public KeyRing(List<CallerKey> keys) {
        this.byId = keys.stream().collect(Collectors.toUnmodifiableMap(CallerKey::id, Known::of));
    }

    /** Whose token this is; empty if nobody's. */
    public Optional<CallerKey> find(String token) {
        Optional<String> id = CallerKey.idIn(token);
        if (id.isEmpty()) {
            return Optional.empty();
        }
        Known known = byId.getOrDefault(id.get(), nobody);
        boolean matches = MessageDigest.isEqual(CallerKey.hashOf(token), known.hash());
        return matches && !known.key().equals(NOBODY) ? Optional.of(known.key()) : Optional.empty();
    }

    /** All of them, in no order. */
    public List<CallerKey> keys() {
        return byId.values().stream().map(Known::key).toList();
    }
}
