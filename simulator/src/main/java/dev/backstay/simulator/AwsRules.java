package dev.backstay.simulator;

import dev.backstay.core.Failure;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The AWS SDK's standard and adaptive retry modes (SDK for Java v2, {@code retries} 2.57.8): three tries, full jitter, and a
 * quota of 500 units that all calls of a client share. A retry takes units by the kind of failure; a success gives back what
 * its last retry took, or one unit. The adaptive mode also paces every try, see {@link AwsRateLimiter}.
 */
final class AwsRules implements RetryRules {

    private static final int TRIES = 3;
    private static final long MAX_MILLIS = 20_000;

    /**
     * The constants of a version.
     *
     * @param baseMillis first step after a failure
     * @param cost of a retry after a failure, in units
     * @param clampsHint whether a hint moves the delay by at most 5 s; else it is a floor
     */
    record Version(long baseMillis, int cost, boolean clampsHint) {
        static final Version V2_0 = new Version(100, 5, false);
        /** {@code AWS_NEW_RETRIES_2026}. */
        static final Version V2_1 = new Version(50, 14, true);
    }

    private static final long THROTTLE_BASE_MILLIS = 1_000;
    private static final int THROTTLE_COST = 5;
    private static final long HINT_WINDOW_MILLIS = 5_000;

    /** The units of one client. */
    static final class Quota {
        static final int CAPACITY = 500;
        private int units = CAPACITY;

        int units() {
            return units;
        }

        private boolean take(int cost) {
            if (cost > units) {
                return false;
            }
            units -= cost;
            return true;
        }

        private void give(int refund) {
            units = Math.min(CAPACITY, units + refund);
        }
    }

    private final Version version;
    private final Quota quota;
    private final @Nullable AwsRateLimiter limiter;
    private int taken;

    AwsRules(Version version, Quota quota, @Nullable AwsRateLimiter limiter) {
        this.version = version;
        this.quota = quota;
        this.limiter = limiter;
    }

    @Override
    public long beforeFirst(long nowNanos) {
        return limiter == null ? 0 : limiter.acquire(nowNanos);
    }

    @Override
    public long afterFailure(Failure failure, int attempts, RandomGenerator random, long nowNanos) {
        boolean throttled = failure.status() == 429;
        int cost = throttled ? THROTTLE_COST : version.cost;
        if (!RetryRules.isTransient(failure) || attempts >= TRIES || !quota.take(cost)) {
            return STOP;
        }
        taken = cost;
        long waitNanos = 0;
        if (limiter != null) {
            if (throttled) {
                limiter.update(true, nowNanos);
            }
            waitNanos = limiter.acquire(nowNanos);
        }
        long base = throttled ? THROTTLE_BASE_MILLIS : version.baseMillis;
        long ceiling = Math.min(MAX_MILLIS, base << (attempts - 1));
        long jittered = (long) (random.nextDouble() * ceiling);
        return waitNanos + hinted(jittered, failure.hint().map(hint -> hint.toMillis())) * 1_000_000;
    }

    private long hinted(long jittered, Optional<Long> hint) {
        if (hint.isEmpty()) {
            return jittered;
        }
        long most = version.clampsHint ? jittered + HINT_WINDOW_MILLIS : Long.MAX_VALUE;
        return Math.max(jittered, Math.min(hint.get(), most));
    }

    @Override
    public void succeeded(long nowNanos) {
        quota.give(Math.max(1, taken));
        if (limiter != null) {
            limiter.update(false, nowNanos);
        }
    }
}
