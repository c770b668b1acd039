package dev.backstay.core;

import java.util.random.RandomGenerator;

/** When a shut {@link Gate} sends its next probe. Not thread-safe; belongs to its gate. */
final class ProbeSchedule {

    /** The pause before the first probe; it doubles up to {@link #LAST_NANOS} and is spread by half. */
    static final long FIRST_NANOS = 500_000_000L;

    /** The longest pause between two probes. A silent probe does not hold back the next one. */
    static final long LAST_NANOS = 5_000_000_000L;

    /** The same for a target that says it is starting, which takes minutes. */
    static final long FIRST_START_NANOS = 5_000_000_000L;

    /** The longest pause between two probes of a target that is starting. */
    static final long LAST_START_NANOS = 10_000_000_000L;

    /** Callers with little time have at least so many probes in it. */
    private static final int PROBES_PER_CALL = 20;

    private long delayNanos;
    private long nextNanos;
    private boolean starting;

    /** The gate shut. */
    void begin(boolean itStarts) {
        starting = itStarts;
        delayNanos = starting ? FIRST_START_NANOS : FIRST_NANOS;
    }

    /** A probe found nothing. */
    void silent(boolean itStarts) {
        starting = itStarts;
        delayNanos = Math.min(starting ? LAST_START_NANOS : LAST_NANOS, delayNanos * 2);
    }

    /** Plans the next, for callers who have so much time in all; those with little want to know sooner. */
    void schedule(long totalNanos, RandomGenerator random, long nowNanos) {
        long most = Math.max(FIRST_NANOS, totalNanos / PROBES_PER_CALL);
        long delay = starting ? delayNanos : Math.min(delayNanos, most);
        nextNanos = nowNanos + (long) (delay * (0.5 + random.nextDouble()));
    }

    boolean isDue(long nowNanos) {
        return nextNanos - nowNanos <= 0;
    }

    long nextNanos() {
        return nextNanos;
    }
}
