package dev.backstay.simulator;

/**
 * The pacing of the AWS SDK's adaptive mode: a rate for all sends of a client that falls by 30 % with a throttle and grows
 * back along a cubic curve, as CUBIC's congestion window does. It starts with the first throttle. Waits are a debt: there is
 * no bound on how long the queue may get.
 *
 * <p>Checked with the AWS SDKs' shared vectors (smithy-java {@code RateLimiterTokenBucketTest}, {@code SepCubicTest}).
 */
final class AwsRateLimiter {

    private static final double BETA = 0.7;
    private static final double SCALE = 0.4;
    private static final double SMOOTHING = 0.8;
    private static final double MIN_RATE = 0.5;
    private static final double MIN_CAPACITY = 1;

    private double fillRate;
    private double maxCapacity;
    private double capacity;
    private double lastSeconds;
    private boolean started;
    private boolean enabled;
    private double measuredRate;
    private double lastBucket;
    private int requests;
    private double lastMaxRate;
    private double lastThrottleSeconds;

    /** How long a send has to wait now, in nanoseconds. */
    long acquire(long nowNanos) {
        if (!enabled) {
            return 0;
        }
        refill(nowNanos / 1e9);
        double wait = capacity < 1 ? (1 - capacity) / fillRate : 0;
        capacity -= 1;
        return (long) (wait * 1e9);
    }

    /** A response came, throttled or good. */
    void update(boolean throttled, long nowNanos) {
        double now = nowNanos / 1e9;
        measure(now);
        double rate;
        if (throttled) {
            double used = enabled ? Math.min(measuredRate, fillRate) : measuredRate;
            lastMaxRate = used;
            lastThrottleSeconds = now;
            enabled = true;
            rate = BETA * used;
        } else {
            rate = cubic(lastMaxRate, now - lastThrottleSeconds);
        }
        double next = Math.max(MIN_RATE, Math.min(rate, 2 * measuredRate));
        refill(now);
        fillRate = next;
        maxCapacity = Math.max(next, MIN_CAPACITY);
        capacity = Math.min(capacity, maxCapacity);
    }

    /** The rate so long after a throttle at this rate. */
    static double cubic(double maxRate, double secondsSince) {
        double window = Math.cbrt(maxRate * (1 - BETA) / SCALE);
        return SCALE * Math.pow(secondsSince - window, 3) + maxRate;
    }

    double fillRate() {
        return fillRate;
    }

    double measuredRate() {
        return measuredRate;
    }

    private void measure(double now) {
        requests++;
        double bucket = Math.floor(now * 2) / 2;
        if (bucket > lastBucket) {
            double current = requests / (bucket - lastBucket);
            measuredRate = SMOOTHING * current + (1 - SMOOTHING) * measuredRate;
            requests = 0;
            lastBucket = bucket;
        }
    }

    private void refill(double now) {
        if (started) {
            capacity = Math.min(maxCapacity, capacity + (now - lastSeconds) * fillRate);
        }
        started = true;
        lastSeconds = now;
    }
}
