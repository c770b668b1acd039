package dev.backstay.bench;

import dev.backstay.core.Call;
import dev.backstay.core.CallListener;
import dev.backstay.core.Engine;
import dev.backstay.core.Outcome;
import dev.backstay.core.Request;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.ServerSaid;
import dev.backstay.core.Signal;
import dev.backstay.core.Size;
import dev.backstay.core.Step;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Usage;
import dev.backstay.core.Waker;
import dev.backstay.core.Workload;
import dev.failsafe.CircuitBreaker;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RateLimiter;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.retry.Retry;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to decide about one call that goes well, network aside: whether it may be sent, how long it may take, and
 * what its answer means for those that follow. The others do retry, breaker and rate limiter; Backstay does also the
 * deadline, a clock per phase, the route, the retry budget and the settling of tokens.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
@State(Scope.Thread)
public class DecisionBenchmark {

    private static final int AMPLE = 1_000_000_000;
    private static final long FAR = 1_000_000_000_000_000L;
    private static final Target TARGET = new Target("api.example.com", "model");
    private static final Timeouts TIMEOUTS = Workload.INTERACTIVE.timeouts();
    private static final Size SIZE = new Size(1_000, 500);
    private static final Waker NOBODY = () -> {};
    private static final Outcome ANSWER = new Outcome.Completed(new Usage(1_000, 0, 100));

    /** What the heads of answers say: limits that are kept and never reached. */
    private static final ServerSaid LIMITS = new ServerSaid(FAR, FAR, FAR, ServerSaid.NOTHING, ServerSaid.NOTHING, "");

    private final Engine engine = new Engine(RetryPolicy.DEFAULT, CallListener.NONE);
    private final RandomGenerator random = new SplittableRandom(1);

    private final FailsafeExecutor<String> failsafe = Failsafe.with(
            dev.failsafe.RetryPolicy.ofDefaults(),
            CircuitBreaker.ofDefaults(),
            RateLimiter.<String>burstyBuilder(AMPLE, Duration.ofSeconds(1)).build());

    private final Supplier<String> resilience4j = decorated();

    private static Supplier<String> decorated() {
        Supplier<String> limited = io.github.resilience4j.ratelimiter.RateLimiter.decorateSupplier(
                io.github.resilience4j.ratelimiter.RateLimiter.of(
                        "bench",
                        RateLimiterConfig.custom().limitForPeriod(AMPLE).build()),
                () -> "answer");
        return Retry.decorateSupplier(
                Retry.ofDefaults("bench"),
                io.github.resilience4j.circuitbreaker.CircuitBreaker.decorateSupplier(
                        io.github.resilience4j.circuitbreaker.CircuitBreaker.of(
                                "bench", CircuitBreakerConfig.ofDefaults()),
                        limited));
    }

    /** A call through the engine, as a driver leads it: sent, head, first event, whole answer. */
    @Benchmark
    public Step backstay() {
        long now = System.nanoTime();
        Request request = Request.arriving("r", TARGET, Workload.INTERACTIVE, TIMEOUTS, true, now)
                .with(SIZE);
        Call call = engine.newCall(request, NOBODY, random);
        Step.Send send = (Step.Send) call.on(Signal.STARTED, now);
        call.on(new Signal.Headed(send.attempt(), LIMITS), now + 1_000);
        call.on(new Signal.FirstEvent(send.attempt()), now + 2_000);
        return call.on(new Signal.Ended(send.attempt(), ANSWER), now + 3_000);
    }

    /** Failsafe's retry, breaker and rate limiter with their defaults. */
    @Benchmark
    public String failsafe() {
        return failsafe.get(() -> "answer");
    }

    /** Resilience4j's retry, breaker and rate limiter with their defaults. */
    @Benchmark
    public String resilience4j() {
        return resilience4j.get();
    }
}
