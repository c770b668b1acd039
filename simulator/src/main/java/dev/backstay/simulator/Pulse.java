package dev.backstay.simulator;

import java.util.Arrays;

/**
 * What happened when: calls offered, attempts sent, calls that succeeded, and what the limits allowed, per second. Not
 * thread-safe.
 */
public final class Pulse {

    /** Seconds counted, at most; later ones are counted in the last. */
    private static final int SECONDS_LIMIT = 24 * 3_600;

    private final Series offered = new Series();
    private final Series attempted = new Series();
    private final Series succeeded = new Series();
    private final Series allowed = new Series();

    private static final class Series {

        private double[] values = new double[64];
        private int used;

        /** The place of this moment. */
        int at(long nanos) {
            int second = (int) Math.min(SECONDS_LIMIT - 1, nanos / 1_000_000_000L);
            if (second >= values.length) {
                values = Arrays.copyOf(values, Math.min(SECONDS_LIMIT, Math.max(second + 1, values.length * 2)));
            }
            used = Math.max(used, second + 1);
            return second;
        }

        void count(long nanos) {
            int second = at(nanos);
            values[second]++;
        }

        double[] perSecond() {
            return Arrays.copyOf(values, used);
        }
    }

    void offered(long nanos) {
        offered.count(nanos);
    }

    /** An attempt was sent, at a moment at which the limits allow so many a second. */
    void attempted(long nanos, double callsPerSecond) {
        attempted.count(nanos);
        int second = allowed.at(nanos);
        allowed.values[second] = callsPerSecond;
    }

    void succeeded(long nanos) {
        succeeded.count(nanos);
    }

    /** Calls that arrived in each second. */
    public double[] offered() {
        return offered.perSecond();
    }

    /** Attempts sent in each second. */
    public double[] attempted() {
        return attempted.perSecond();
    }

    /** Calls whose whole answer came in each second. */
    public double[] succeeded() {
        return succeeded.perSecond();
    }

    /** Calls that the limits allowed in each second, as of the last time something was sent. */
    public double[] allowed() {
        double[] perSecond = allowed.perSecond();
        for (int i = 1; i < perSecond.length; i++) {
            perSecond[i] = perSecond[i] == 0 ? perSecond[i - 1] : perSecond[i];
        }
        return perSecond;
    }
}
