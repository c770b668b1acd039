package dev.backstay.gateway.keys;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The keys in force. Immutable. */
public final class KeyRing {

    /** Compared with when there is no such key, so that this takes as long. */
    private static final CallerKey NOBODY =
            new CallerKey("00000000", "nobody", "0".repeat(64), Instant.EPOCH, KeyLimits.NONE);

    private final Map<String, CallerKey> byId;

    public KeyRing(List<CallerKey> keys) {
        this.byId = keys.stream().collect(Collectors.toUnmodifiableMap(CallerKey::id, Function.identity()));
    }

    /** Whose token this is; empty if nobody's. */
    public Optional<CallerKey> find(String token) {
        Optional<String> id = CallerKey.idIn(token);
        if (id.isEmpty()) {
            return Optional.empty();
        }
        CallerKey key = byId.getOrDefault(id.get(), NOBODY);
        return key.matches(token) && key != NOBODY ? Optional.of(key) : Optional.empty();
    }

    /** All of them, in no order. */
    public List<CallerKey> keys() {
        return List.copyOf(byId.values());
    }
}
