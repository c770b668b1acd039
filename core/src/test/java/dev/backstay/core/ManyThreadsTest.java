package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What calls share, used by many threads at once: nothing is thrown, nothing hangs, nothing is left held. */
class ManyThreadsTest {

    private static final int THREADS = 8;
    private static final int CALLS = 4_000;
    private static final long MILLI = 1_000_000L;
    private static final List<Target> TARGETS = List.of(
            new Target("a", "model", "key", true),
            new Target("b", "model", "key", true),
            new Target("c", "model", "other key", false));
    private static final List<FailureKind> FAILURES = List.of(
            FailureKind.OVERLOADED,
            FailureKind.RATE_LIMITED,
            FailureKind.CONNECT_FAILED,
            FailureKind.CONNECTION_LOST,
            FailureKind.FIRST_TOKEN_TIMEOUT,
            FailureKind.NOT_READY,
            FailureKind.STREAM_CUT,
            FailureKind.UNAUTHORIZED);

    private final Engine engine = new Engine(RetryPolicy.DEFAULT, CallListener.NONE);
    private final AtomicLong clock = new AtomicLong(1);

    @Test
    void nothing_is_left_held() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Integer>> threads = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                SplittableRandom random = new SplittableRandom(i);
                Callable<Integer> thread = () -> lead(random);
                threads.add(pool.submit(thread));
            }
            int succeeded = 0;
            for (Future<Integer> thread : threads) {
                succeeded += thread.get();
            }
            assertThat(succeeded).isGreaterThan(THREADS * CALLS / 10);
        } finally {
            pool.shutdownNow();
        }
        for (TargetState state : engine.targets().values()) {
            assertThat(state.gate().inFlight())
                    .as("in flight at " + state.target())
                    .isZero();
            assertThat(state.gate().parked()).as("parked at " + state.target()).isZero();
            assertThat(state.limiter().inFlight())
                    .as("leases of " + state.target())
                    .isZero();
            assertThat(state.limiter().waiting())
                    .as("waiting for " + state.target())
                    .isZero();
        }
    }

    private int lead(SplittableRandom random) {
        int succeeded = 0;
        for (int i = 0; i < CALLS; i++) {
            succeeded += leadOne(random) ? 1 : 0;
        }
        return succeeded;
    }

    private boolean leadOne(SplittableRandom random) {
        Call call = engine.newCall(request(random), () -> {}, random);
        Step step = call.on(Signal.STARTED, now(random));
        while (!(step instanceof Step.Finish finish)) {
            if (random.nextInt(50) == 0) {
                step = call.on(Signal.CANCELLED, now(random));
            } else if (step instanceof Step.Send send) {
                step = attempt(call, send.attempt(), random);
            } else {
                step = call.on(Signal.WOKE, now(random));
            }
        }
        return finish.result().succeeded();
    }

    /** An attempt that fails at some moment, or does not. */
    private Step attempt(Call call, Attempt attempt, SplittableRandom random) {
        call.on(new Signal.Entered(attempt, Phase.AWAITING), now(random));
        boolean limited = random.nextInt(4) == 0;
        call.on(
                new Signal.Headed(
                        attempt, limited ? new ServerSaid(60_000_000, 0, 0, 60_000, 0, "") : ServerSaid.SILENT),
                now(random));
        if (random.nextInt(3) == 0) {
            return fail(call, attempt, random);
        }
        call.on(new Signal.FirstEvent(attempt), now(random));
        return random.nextInt(6) == 0
                ? fail(call, attempt, random)
                : call.on(
                        new Signal.Ended(attempt, new Outcome.Completed(new Usage(100, 0, random.nextInt(100)))),
                        now(random));
    }

    private Step fail(Call call, Attempt attempt, SplittableRandom random) {
        Failure failure = Failure.of(FAILURES.get(random.nextInt(FAILURES.size())), attempt.phase(), "x");
        if (random.nextInt(8) == 0) {
            failure = failure.withServerWish(Optional.of(Duration.ofMillis(random.nextInt(2_000))), Optional.empty());
        }
        return call.on(new Signal.Ended(attempt, new Outcome.Failed(failure)), now(random));
    }

    private Request request(SplittableRandom random) {
        Timeouts timeouts = Workload.INTERACTIVE.timeouts().withTotal(Duration.ofSeconds(1 + random.nextInt(60)));
        List<Target> route = TARGETS.subList(random.nextInt(3), 3);
        Request request = Request.arriving("r", route.get(0), Workload.INTERACTIVE, timeouts, true, clock.get())
                .with(Route.ordered(route))
                .with(Priority.values()[random.nextInt(4)])
                .with(StreamPolicy.values()[random.nextInt(3)])
                .with(new Size(random.nextInt(1_000), Size.NO_LIMIT));
        return random.nextBoolean() ? request.withHedging() : request;
    }

    /** Time goes on with each look at it, and not all threads see it in order. */
    private long now(SplittableRandom random) {
        return clock.addAndGet(random.nextLong(20 * MILLI)) - random.nextLong(MILLI);
    }
}
