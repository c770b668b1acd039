package dev.backstay.simulator;

import dev.backstay.core.Waker;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The pacing of the AWS SDK's adaptive mode (SDK for Java v2, {@code RateLimiterTokenBucket} of {@code retries} 2.57.8): a
 * rate for all sends of a client that falls by 30 % with a throttle and grows back along a cubic curve, as CUBIC's
 * congestion window does. It starts with the first throttle.
 *
 * <p>Who waits, waits in one line without a bound. Who stops waiting keeps the place, and uses up the token: in a lasting
 * overload those who are served came too long ago.
 */
final class AwsRateLimiter {

    /** The SDK's clock counts seconds since the machine began, so the first rate that it measures is about zero. */
    static final double UPTIME_SECONDS = 1_000_000;

    private static final double BETA = 0.7;
    private static final double SCALE = 0.4;
    private static final double SMOOTHING = 0.8;
    private static final double MIN_RATE = 0.5;
    private static final double MIN_CAPACITY = 1;

    /** A place in the line. */
    static final class Place {
        private final Waker waker;
        private boolean granted;

        private Place(Waker waker, boolean granted) {
            this.waker = waker;
            this.granted = granted;
        }
    }

    private final double uptimeSeconds;
    private final Deque<Place> line = new ArrayDeque<>();
    private final Set<Place> present = new LinkedHashSet<>();
    private boolean serving;
    private long nextServedNanos;
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

    AwsRateLimiter(double uptimeSeconds) {
        this.uptimeSeconds = uptimeSeconds;
    }

    /** Stands in line, if there is one. */
    Place join(Waker waker, long nowNanos) {
        serve(nowNanos);
        Place place = new Place(waker, !enabled);
        if (enabled) {
            line.add(place);
            present.add(place);
            if (!serving) {
                serving = true;
                nextServedNanos = nowNanos;
                serve(nowNanos);
            }
        }
        return place;
    }

    /** Nanoseconds until it should look again, {@link RetryRules#UNTIL_WOKEN}, or 0: it has its token. */
    long look(Place place, long nowNanos) {
        serve(nowNanos);
        if (place.granted) {
            return 0;
        }
        return present.iterator().next() == place ? nextServedNanos - nowNanos : RetryRules.UNTIL_WOKEN;
    }

    /** Nobody waits at this place any more; it stays in line all the same. */
    void abandon(Place place, long nowNanos) {
        serve(nowNanos);
        present.remove(place);
        wakeFirst();
    }

    /** A response came, throttled or good. */
    void update(boolean throttled, long nowNanos) {
        serve(nowNanos);
        double now = seconds(nowNanos);
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
        double next = Math.min(rate, 2 * measuredRate);
        refill(now);
        fillRate = Math.max(next, MIN_RATE);
        maxCapacity = Math.max(next, MIN_CAPACITY);
        capacity = Math.min(capacity, maxCapacity);
    }

    /** The rate so long after a throttle at this rate. */
    static double cubic(double maxRate, double secondsSince) {
        double window = Math.pow(maxRate * (1 - BETA) / SCALE, 1.0 / 3);
        return SCALE * Math.pow(secondsSince - window, 3) + maxRate;
    }

    double fillRate() {
        return fillRate;
    }

    double measuredRate() {
        return measuredRate;
    }

    /** What happened at the front of the line until now. */
    private void serve(long nowNanos) {
        while (serving && nextServedNanos <= nowNanos) {
            serveFirst(nextServedNanos);
        }
    }

    private void serveFirst(long atNanos) {
        Place first = line.peek();
        if (first == null) {
            serving = false;
            return;
        }
        refill(seconds(atNanos));
        if (capacity < 1) {
            long millis = (long) Math.ceil((1 - capacity) / fillRate * 1_000);
            nextServedNanos = atNanos + millis * 1_000_000;
            return;
        }
        capacity -= 1;
        line.remove();
        first.granted = true;
        if (present.remove(first)) {
            first.waker.wake();
        }
        wakeFirst();
    }

    private void wakeFirst() {
        if (!present.isEmpty()) {
            present.iterator().next().waker.wake();
        }
    }

    private double seconds(long nanos) {
        return uptimeSeconds + nanos / 1e9;
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
