package dev.backstay.simulator;

import dev.backstay.core.Failure;
import dev.backstay.core.Waker;
import java.util.random.RandomGenerator;

/**
 * Resilience4j's retry around its circuit breaker, both with their defaults (2.4.0, {@code CircuitBreakerConfig}): the last
 * 100 tries, opens when half of them failed, 60 s open, then 10 tries that decide.
 *
 * <p>A call that the breaker refuses is an exception like any other there, so it uses up a try.
 */
final class BreakerRules implements RetryRules {

    private final Breaker breaker;
    private int tries;

    /** The state that all calls of one client share. */
    static final class Breaker {
        private static final int WINDOW = 100;
        private static final int HALF_OPEN = 10;
        private static final double THRESHOLD = 0.5;
        private static final long OPEN_NANOS = 60_000_000_000L;

        private enum State {
            CLOSED,
            OPEN,
            HALF_OPEN
        }

        private State state = State.CLOSED;
        private final boolean[] failed = new boolean[WINDOW];
        private int seen;
        private int failures;
        private int permitted;
        private long openedNanos;

        boolean permits(long nowNanos) {
            if (state == State.OPEN && nowNanos - openedNanos > OPEN_NANOS) {
                become(State.HALF_OPEN, nowNanos);
            }
            if (state == State.HALF_OPEN) {
                return ++permitted <= HALF_OPEN;
            }
            return state == State.CLOSED;
        }

        void heard(boolean failure, long nowNanos) {
            if (state == State.OPEN) {
                return;
            }
            int size = state == State.CLOSED ? WINDOW : HALF_OPEN;
            int slot = seen % size;
            failures += (failure ? 1 : 0) - (seen >= size && failed[slot] ? 1 : 0);
            failed[slot] = failure;
            seen++;
            if (seen >= size) {
                boolean tooMany = failures >= size * THRESHOLD;
                if (tooMany) {
                    become(State.OPEN, nowNanos);
                } else if (state == State.HALF_OPEN) {
                    become(State.CLOSED, nowNanos);
                }
            }
        }

        private void become(State next, long nowNanos) {
            state = next;
            seen = 0;
            failures = 0;
            permitted = 0;
            openedNanos = nowNanos;
        }
    }

    BreakerRules(Breaker breaker) {
        this.breaker = breaker;
    }

    @Override
    public long holdBack(RandomGenerator random, Waker waker, long nowNanos) {
        return breaker.permits(nowNanos) ? 0 : again();
    }

    @Override
    public long afterFailure(Failure failure, int attempts, RandomGenerator random, long nowNanos) {
        boolean counts = RetryRules.isTransient(failure);
        breaker.heard(counts, nowNanos);
        return counts ? again() : STOP;
    }

    @Override
    public void succeeded(long nowNanos) {
        breaker.heard(false, nowNanos);
    }

    /** A try is over, sent or refused. */
    private long again() {
        tries++;
        return tries < SimpleRules.RESILIENCE4J.tries() ? SimpleRules.RESILIENCE4J.pauseNanos() : STOP;
    }
}
