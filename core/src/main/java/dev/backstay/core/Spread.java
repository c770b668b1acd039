package dev.backstay.core;

/**
 * The distribution of a duration, in buckets that grow by a ninth part of a doubling, so a quantile is within 8 % above the
 * truth. It forgets: when {@value #MEMORY} values are in it, all counts are halved.
 *
 * <p>Not thread-safe. Adding allocates nothing.
 */
final class Spread {

    /** Values after which the old ones lose half their weight. */
    static final int MEMORY = 2_000;

    private static final double PER_DOUBLING = 9;
    private static final double SMALLEST_NANOS = 1e5;
    private static final int BUCKETS = 280;

    private final double[] counts = new double[BUCKETS];
    private double total;
    private double lastShare = -1;
    private long lastQuantile;

    void add(long nanos) {
        lastShare = -1;
        double doublings = Math.log(Math.max(1, nanos / SMALLEST_NANOS)) / Math.log(2);
        counts[Math.min(BUCKETS - 1, (int) (doublings * PER_DOUBLING))]++;
        total++;
        if (total >= MEMORY) {
            total = 0;
            for (int i = 0; i < BUCKETS; i++) {
                counts[i] /= 2;
                total += counts[i];
            }
        }
    }

    /** How many values it rests on. */
    double count() {
        return total;
    }

    /** The upper end of the bucket that this share of the values does not exceed. Asked for again before the next value, it costs nothing. */
    long quantile(double share) {
        if (share != lastShare) {
            lastQuantile = look(share);
            lastShare = share;
        }
        return lastQuantile;
    }

    private long look(double share) {
        double left = total * (1 - share);
        int bucket = BUCKETS - 1;
        double above = counts[bucket];
        while (bucket > 0 && above <= left) {
            bucket--;
            above += counts[bucket];
        }
        return (long) (SMALLEST_NANOS * Math.pow(2, (bucket + 1) / PER_DOUBLING));
    }
}
