package dev.backstay.gateway;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.Result;
import dev.backstay.core.Ticker;
import dev.backstay.core.Usage;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.gateway.keys.Allowance;
import dev.backstay.gateway.keys.CallerKey;
import dev.backstay.gateway.keys.KeyRing;
import dev.backstay.micrometer.Metric;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who used how much: what each key has left, and a line for each call in the access log. Thread-safe. */
final class Accounts {

    private static final Logger LOG = LoggerFactory.getLogger(Accounts.class);

    private final Ticker ticker;
    private final InstantSource wallClock;
    private final Map<String, Allowance> byKey = new ConcurrentHashMap<>();
    private final Map<String, Counter> refusals = new ConcurrentHashMap<>(); // bounded: codes are ours
    private final AtomicBoolean changed = new AtomicBoolean();
    private final AtomicBoolean complained = new AtomicBoolean();
    private final AccessLog log = new AccessLog();
    private final Supplier<GatewayConfig> config;
    private final MeterRegistry registry;

    Accounts(Ticker ticker, InstantSource wallClock, Supplier<GatewayConfig> config, MeterRegistry registry) {
        this.ticker = ticker;
        this.wallClock = wallClock;
        this.config = config;
        this.registry = registry;
        Metric.ACCESS_LOG_LOST.counter(log, AccessLog::lost).register(registry);
    }

    /** After a restart: what was used today counts. */
    void resume(Optional<KeyRing> keys) {
        keys.ifPresent(ring -> ring.keys().forEach(key -> of(key.id())));
        config.get().keys().ifPresent(file -> UsageFile.resume(file, byKey, wallClock.instant()));
    }

    /** Writes what has to outlive us: lines of the access log, and what keys have used. */
    void save() {
        config.get().accessLog().ifPresent(log::flush);
        config.get().keys().ifPresent(file -> {
            if (changed.getAndSet(false)) {
                try {
                    UsageFile.write(file, byKey, wallClock.instant());
                } catch (IOException full) {
                    if (!complained.getAndSet(true)) {
                        LOG.warn(
                                "what keys have used is lost at a restart: it could not be written: {}",
                                full.toString());
                    }
                }
            }
        });
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
            of(key.id()).leave(ended.inbound().peek().promptTokens(), tokens(ended), wallClock.instant());
            changed.set(true);
        });
        if (config.get().accessLog().isPresent()) {
            log.call(ended, wallClock.instant());
        }
    }

    /** What the API counted; without its word, the prompt and what was streamed; nothing for what it refused, or never saw. */
    private static long tokens(Exchange ended) {
        Result result = ended.call().result().orElseThrow();
        if (result instanceof Result.Succeeded succeeded && !succeeded.usage().equals(Usage.NONE)) {
            return succeeded.usage().promptTokens() + succeeded.usage().completionTokens();
        }
        boolean refused = result instanceof Result.Failed failed
                && !failed.delivered()
                && (failed.failure().status() != Failure.NO_STATUS
                        || failed.failure().acknowledged() == Acknowledged.NO);
        return refused ? 0 : ended.inbound().peek().promptTokens() + ended.eventsStreamed();
    }

    /** A request was not served. */
    void refused(Refused refused) {
        refusals.computeIfAbsent(
                        refused.problem().code(),
                        code -> Metric.REFUSED.counter().tag("code", code).register(registry))
                .increment();
        if (config.get().accessLog().isPresent()) {
            log.refused(refused.problem(), wallClock.instant());
        }
    }
}
