package dev.backstay.gateway;

import dev.backstay.core.Result;
import dev.backstay.core.Ticker;
import dev.backstay.gateway.keys.Allowance;
import dev.backstay.gateway.keys.CallerKey;
import dev.backstay.gateway.keys.KeyRing;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** Who used how much: what each key has left, and a line for each call in the access log. Thread-safe. */
final class Accounts {

    private final Ticker ticker;
    private final InstantSource wallClock;
    private final Map<String, Allowance> byKey = new ConcurrentHashMap<>();

    Accounts(Ticker ticker, InstantSource wallClock) {
        this.ticker = ticker;
        this.wallClock = wallClock;
    }

    /** A call with this key wants to begin; if it may, {@link #over} must hear of its end. */
    Optional<Allowance.Refusal> enter(CallerKey key, long promptTokens) {
        return of(key.id()).enter(key.limits(), promptTokens, ticker.nanos(), wallClock.instant());
    }

    Allowance of(String keyId) {
        return byKey.computeIfAbsent(keyId, id -> new Allowance());
    }

    /** What was used is remembered for the keys that there are, and for calls that still run. */
    void keepOnly(Optional<KeyRing> keys) {
        Set<String> ids = keys.map(KeyRing::keys).stream()
                .flatMap(list -> list.stream().map(CallerKey::id))
                .collect(Collectors.toSet());
        byKey.entrySet()
                .removeIf(entry ->
                        !ids.contains(entry.getKey()) && entry.getValue().running() == 0);
    }

    /** A call ended. */
    void over(Exchange ended) {
        ended.inbound().key().ifPresent(key -> {
            long used = ended.call()
                    .result()
                    .filter(Result.Succeeded.class::isInstance)
                    .map(result -> ((Result.Succeeded) result).usage())
                    .map(usage -> usage.promptTokens() + usage.completionTokens())
                    .orElse(0L);
            of(key.id()).leave(ended.inbound().peek().promptTokens(), used, wallClock.instant());
        });
    }

    /** A request was not served. */
    void refused(Refused refused) {}
}
