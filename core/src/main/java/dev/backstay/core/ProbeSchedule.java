package dev.backstay.core;

import java.util.random.RandomGenerator;

/** When a shut {@link Gate} sends its next probe. Not thread-safe; belongs to its gate. */
final class ProbeSchedule {

    /** The pause before the first probe; it doubles up to {@link #LAST_NANOS} and is spread by half. */
    static final long FIRST_NANOS = 500_000_000L;

    /** The longest pause between two probes, before it is spread. A silent probe does not hold back the next one for long. */
    static final long LAST_NANOS = 5_000_000_000L;

    /** The same for a target that says it is starting, which takes minutes. */
    static final long FIRST_START_NANOS = 5_000_000_000L;

    /** The longest pause between two probes of a target that is starting. */
    static final long LAST_START_NANOS = 10_000_000_000L;

    /** Callers with little time have at least so many probes in it. */
    private static final int PROBES_PER_CALL = 20;

    private static final long PER_SILENT_NANOS = 200_000_000L;

    private long delayNanos;
    private long nextNanos;
    private boolean starting;

    /** The gate shut. */
    void begin(boolean itStarts) {
        starting = itStarts;
        delayNanos = starting ? FIRST_START_NANOS : FIRST_NANOS;
    }

    /** A probe found nothing. */
    void failed(boolean itStarts) {
        starting = itStarts;
        delayNanos = Math.min(starting ? LAST_START_NANOS : LAST_NANOS, delayNanos * 2);
    }

    /**
     * Plans the next.
     *
     * @param totalNanos how much time callers have in all; those with little want to know sooner
     * @param silent probes that are out and have not been answered; each makes the pause longer by {@link #PER_SILENT_NANOS},
     *     because all of them may be billed
     */
    void schedule(long totalNanos, int silent, RandomGenerator random, long nowNanos) {
        long most = Math.max(FIRST_NANOS, totalNanos / PROBES_PER_CALL);
        long delay = starting ? delayNanos : Math.min(delayNanos, most);
        long longer = Math.max(delay, silent * PER_SILENT_NANOS);
        nextNanos = nowNanos + (long) (longer * (0.5 + random.nextDouble()));
    }

    boolean isDue(long nowNanos) {
        return nextNanos - nowNanos <= 0;
    }

    long nextNanos() {
        return nextNanos;
    }
}
