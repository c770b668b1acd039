package dev.backstay.bench;

import dev.backstay.simulator.World;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Resilience4j's retry, alone and around its circuit breaker, both with their defaults. */
final class Resilience4j {

    private static final RetryConfig RETRY = RetryConfig.<PeerRules.Answered>custom()
            .retryOnResult(answered -> PeerRules.isTransient(answered, null))
            .retryOnException(
                    failure -> failure instanceof CallNotPermittedException || PeerRules.isTransient(null, failure))
            .build();

    private Resilience4j() {}

    static PeerRules.Library retry(World world, Draws draws) {
        VirtualScheduler scheduler = new VirtualScheduler(world.time());
        Retry retry = Retry.of("league", RETRY);
        return send -> retry.executeCompletionStage(scheduler, send::get).toCompletableFuture();
    }

    static PeerRules.Library breaker(World world, Draws draws) {
        VirtualScheduler scheduler = new VirtualScheduler(world.time());
        Retry retry = Retry.of("league", RETRY);
        CircuitBreaker breaker = CircuitBreaker.of(
                "league",
                CircuitBreakerConfig.custom()
                        .clock(scheduler.clock())
                        .currentTimestampFunction(clock -> world.time().nanos(), TimeUnit.NANOSECONDS)
                        .recordResult(answered -> PeerRules.isTransient((PeerRules.Answered) answered, null))
                        .recordException(failure -> PeerRules.isTransient(null, failure))
                        .build());
        return send -> {
            Supplier<CompletionStage<PeerRules.Answered>> guarded =
                    CircuitBreaker.decorateCompletionStage(breaker, send::get);
            return retry.executeCompletionStage(scheduler, guarded).toCompletableFuture();
        };
    }
}
