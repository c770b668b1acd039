package dev.backstay.simulator;

import dev.backstay.core.Failure;
import dev.backstay.core.Waker;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The AWS SDK's standard and adaptive retry modes (SDK for Java v2, {@code retries} 2.57.8): three tries, full jitter, and a
 * quota of 500 units that all calls of a client share. A retry takes units by the kind of failure; a success gives back what
 * its last retry took, or one unit. The adaptive mode also paces every try, see {@link AwsRateLimiter}.
 */
final class AwsRules implements RetryRules {

    /**
     * The constants of a version.
     *
     * @param tries at most, the first included
     * @param baseMillis first step after a failure
     * @param maxMillis longest step
     * @param cost of a retry after a failure, in units
     * @param clampsHint whether a hint moves the delay by at most 5 s; else it is a floor
     */
    record Version(int tries, long baseMillis, long maxMillis, int cost, boolean clampsHint) {
        static final Version V2_0 = new Version(3, 100, 20_000, 5, false);
        /** {@code AWS_NEW_RETRIES_2026}. */
        static final Version V2_1 = new Version(3, 50, 20_000, 14, true);
    }

    private static final long THROTTLE_BASE_MILLIS = 1_000;
    private static final int DOUBLINGS = 30;
    private static final int THROTTLE_COST = 5;
    private static final long HINT_WINDOW_MILLIS = 5_000;

    /** The units of one client. */
    static final class Quota {
        static final int CAPACITY = 500;
        private final int capacity;
        private int units;

        Quota(int capacity) {
            this.capacity = capacity;
            this.units = capacity;
        }

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
            units = Math.min(capacity, units + refund);
        }
    }

    private final Version version;
    private final Quota quota;
    private final @Nullable AwsRateLimiter limiter;
    private AwsRateLimiter.@Nullable Place place;
    private @Nullable Failure last;
    private int tries;
    private int taken;
    private boolean paced;
    private long readyNanos;

    AwsRules(Version version, Quota quota, @Nullable AwsRateLimiter limiter) {
        this.version = version;
        this.quota = quota;
        this.limiter = limiter;
    }

    @Override
    public long afterFailure(Failure failure, int attempts, RandomGenerator random, long nowNanos) {
        int cost = isThrottled(failure) ? THROTTLE_COST : version.cost;
        if (!RetryRules.isTransient(failure) || attempts >= version.tries || !quota.take(cost)) {
            return STOP;
        }
        taken = cost;
        tries = attempts;
        last = failure;
        if (limiter == null) {
            return backoff(failure, random);
        }
        if (isThrottled(failure)) {
            limiter.update(true, nowNanos);
        }
        paced = false;
        return 0;
    }

    /** The adaptive mode stands in line for a token first and backs off then. */
    @Override
    public long holdBack(RandomGenerator random, Waker waker, long nowNanos) {
        if (limiter == null) {
            return 0;
        }
        if (paced) {
            return Math.max(0, readyNanos - nowNanos);
        }
        AwsRateLimiter.Place mine = place == null ? limiter.join(waker, nowNanos) : place;
        place = mine;
        long wait = limiter.look(mine, nowNanos);
        if (wait > 0) {
            return wait;
        }
        place = null;
        paced = true;
        readyNanos = last == null ? nowNanos : nowNanos + backoff(last, random);
        return readyNanos - nowNanos;
    }

    @Override
    public void abandoned(long nowNanos) {
        if (limiter != null && place != null) {
            limiter.abandon(place, nowNanos);
        }
    }

    @Override
    public void succeeded(long nowNanos) {
        quota.give(Math.max(1, taken));
        if (limiter != null) {
            limiter.update(false, nowNanos);
        }
    }

    private static boolean isThrottled(Failure failure) {
        return failure.status() == 429;
    }

    private long backoff(Failure failure, RandomGenerator random) {
        long base = isThrottled(failure) ? THROTTLE_BASE_MILLIS : version.baseMillis;
        long ceiling = Math.min(version.maxMillis, base << Math.min(DOUBLINGS, tries - 1));
        long jittered = (long) (random.nextDouble() * ceiling);
        long least = failure.hint().map(Duration::toMillis).orElse(0L);
        long most = version.clampsHint ? jittered + HINT_WINDOW_MILLIS : Long.MAX_VALUE;
        return Math.max(jittered, Math.min(least, most)) * 1_000_000;
    }
}
