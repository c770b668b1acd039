package dev.backstay.simulator;

import dev.backstay.core.Failure;
import java.util.random.RandomGenerator;

/**
 * A fixed number of tries after a fixed pause: what Failsafe 3.3.2 ({@code RetryPolicy}: 3 tries, no pause) and
 * Resilience4j 2.4.0 ({@code RetryConfig}: 3 tries, 500 ms) do by default once they are told which statuses are failures.
 */
record SimpleRules(int tries, long pauseNanos) implements RetryRules {

    static final SimpleRules NONE = new SimpleRules(1, 0);
    static final SimpleRules FAILSAFE = new SimpleRules(3, 0);
    static final SimpleRules RESILIENCE4J = new SimpleRules(3, 500_000_000L);

    @Override
    public long afterFailure(Failure failure, int attempts, RandomGenerator random, long nowNanos) {
        return attempts < tries && RetryRules.isTransient(failure) ? pauseNanos : STOP;
    }
}
