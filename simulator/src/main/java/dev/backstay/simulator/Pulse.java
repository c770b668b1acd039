package dev.backstay.simulator;

import java.util.Arrays;

/** What happened when: calls offered, attempts sent and calls that succeeded, per second. Not thread-safe. */
public final class Pulse {

    /** Seconds counted, at most; later ones are counted in the last. */
    private static final int SECONDS_LIMIT = 24 * 3_600;

    private final Series offered = new Series();
    private final Series attempted = new Series();
    private final Series succeeded = new Series();

    private static final class Series {
        private int[] counts = new int[64];
        private int used;

        void add(long nanos) {
            int second = (int) Math.min(SECONDS_LIMIT - 1, nanos / 1_000_000_000L);
            if (second >= counts.length) {
                counts = Arrays.copyOf(counts, Math.min(SECONDS_LIMIT, Math.max(second + 1, counts.length * 2)));
            }
            used = Math.max(used, second + 1);
            counts[second]++;
        }

        int[] perSecond() {
            return Arrays.copyOf(counts, used);
        }
    }

    void offered(long nanos) {
        offered.add(nanos);
    }

    void attempted(long nanos) {
        attempted.add(nanos);
    }

    void succeeded(long nanos) {
        succeeded.add(nanos);
    }

    /** Calls that arrived in each second. */
    public int[] offered() {
        return offered.perSecond();
    }

    /** Attempts sent in each second. */
    public int[] attempted() {
        return attempted.perSecond();
    }

    /** Calls whose whole answer came in each second. */
    public int[] succeeded() {
        return succeeded.perSecond();
    }
}
