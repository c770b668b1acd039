package dev.backstay.bench;

import dev.backstay.simulator.World;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.retries.api.AcquireInitialTokenRequest;
import software.amazon.awssdk.retries.api.RecordSuccessRequest;
import software.amazon.awssdk.retries.api.RefreshRetryTokenRequest;
import software.amazon.awssdk.retries.api.RetryStrategy;
import software.amazon.awssdk.retries.api.RetryToken;
import software.amazon.awssdk.retries.api.internal.backoff.ExponentialDelayWithJitter;
import software.amazon.awssdk.retries.internal.DefaultAdaptiveRetryStrategy;
import software.amazon.awssdk.retries.internal.ratelimiter.RateLimiterTokenBucketStore;

/** The retry strategies of the AWS SDK for Java v2, driven as its own HTTP pipeline drives them. */
final class AwsRetries {

    /** The SDK's clock counts from when the machine began. */
    private static final double UPTIME_SECONDS = 1_000_000;

    private static final Duration MAX_DELAY = Duration.ofSeconds(20);
    private static final Duration THROTTLE_DELAY = Duration.ofSeconds(1);
    private static final Duration DELAY = Duration.ofMillis(100);
    private static final Duration DELAY_2026 = Duration.ofMillis(50);
    private static final int TOO_MANY_REQUESTS = 429;

    private AwsRetries() {}

    static PeerRules.Library standard(World world, Draws draws) {
        return library(world, standard(false, DELAY, draws.asRandom()));
    }

    static PeerRules.Library standard2026(World world, Draws draws) {
        return library(world, standard(true, DELAY_2026, draws.asRandom()));
    }

    private static StandardRetryStrategy standard(boolean of2026, Duration delay, Random random) {
        return DefaultRetryStrategy.standardStrategyBuilder(of2026)
                .retryOnException(PeerRules.AttemptFailed::isTransient)
                .treatAsThrottling(AwsRetries::isThrottled)
                .backoffStrategy(new ExponentialDelayWithJitter(() -> random, delay, MAX_DELAY))
                .throttlingBackoffStrategy(new ExponentialDelayWithJitter(() -> random, THROTTLE_DELAY, MAX_DELAY))
                .build();
    }

    static PeerRules.Library adaptive(World world, Draws draws) {
        Random random = draws.asRandom();
        DefaultAdaptiveRetryStrategy.Builder builder =
                (DefaultAdaptiveRetryStrategy.Builder) DefaultRetryStrategy.adaptiveStrategyBuilder(false);
        return library(
                world,
                builder.rateLimiterTokenBucketStore(RateLimiterTokenBucketStore.builder()
                                .clock(() -> UPTIME_SECONDS + world.time().nanos() / 1e9)
                                .scheduler(new VirtualScheduler(world.time()))
                                .build())
                        .retryOnException(PeerRules.AttemptFailed::isTransient)
                        .treatAsThrottling(AwsRetries::isThrottled)
                        .backoffStrategy(new ExponentialDelayWithJitter(() -> random, DELAY, MAX_DELAY))
                        .throttlingBackoffStrategy(
                                new ExponentialDelayWithJitter(() -> random, THROTTLE_DELAY, MAX_DELAY))
                        .build());
    }

    private static boolean isThrottled(Throwable failure) {
        return failure instanceof PeerRules.AttemptFailed failed
                && failed.failure().status() == TOO_MANY_REQUESTS;
    }

    private static PeerRules.Library library(World world, RetryStrategy strategy) {
        VirtualScheduler scheduler = new VirtualScheduler(world.time());
        return send -> {
            Pipeline pipeline = new Pipeline(strategy, scheduler, send, new CompletableFuture<>());
            pipeline.begin();
            return pipeline.result;
        };
    }

    /** One call: a token before the first try, a new one after each failure. */
    private record Pipeline(
            RetryStrategy strategy,
            VirtualScheduler scheduler,
            Supplier<CompletableFuture<PeerRules.Answered>> send,
            CompletableFuture<PeerRules.Answered> result) {

        void begin() {
            strategy.acquireInitialTokenAsync(AcquireInitialTokenRequest.create("league"))
                    .whenComplete((token, refused) -> {
                        if (refused != null) {
                            result.completeExceptionally(refused);
                        } else {
                            later(token.delay(), token.token());
                        }
                    });
        }

        private void later(Duration delay, RetryToken token) {
            if (delay.isZero()) {
                attempt(token);
            } else {
                scheduler.schedule(() -> attempt(token), delay.toNanos(), TimeUnit.NANOSECONDS);
            }
        }

        private void attempt(RetryToken token) {
            send.get().whenComplete((answered, broken) -> {
                Throwable failure = broken;
                if (answered != null && answered.failure() != null) {
                    failure = new PeerRules.AttemptFailed(answered.failure());
                }
                if (failure == null) {
                    strategy.recordSuccess(RecordSuccessRequest.create(token));
                    result.complete(answered);
                } else {
                    again(token, failure);
                }
            });
        }

        private void again(RetryToken token, Throwable failure) {
            Duration suggested = failure instanceof PeerRules.AttemptFailed failed
                    ? failed.failure()
                            .hint()
                            .map(hint -> Duration.ofMillis(hint.toMillis()))
                            .orElse(Duration.ZERO)
                    : Duration.ZERO;
            RefreshRetryTokenRequest request = RefreshRetryTokenRequest.builder()
                    .token(token)
                    .failure(failure)
                    .suggestedDelay(suggested)
                    .build();
            strategy.refreshRetryTokenAsync(request).whenComplete((next, refused) -> {
                if (refused != null) {
                    result.completeExceptionally(refused);
                } else {
                    later(next.delay(), next.token());
                }
            });
        }
    }
}
