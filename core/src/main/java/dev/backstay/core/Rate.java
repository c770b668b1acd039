package dev.backstay.core;

/**
 * How much a second, over about the last ten seconds, and from the first one on: an exponential average that knows how much
 * it has seen. Not thread-safe.
 */
final class Rate {

    private static final double MEMORY_SECONDS = 10;

    /** Below this weight little has been seen, and dividing by it would make much of it. */
    private static final double LEAST_WEIGHT = 0.1;

    private double sum;
    private double weight;
    private long atNanos;
    private boolean started;

    /** So much happened now. */
    void add(double amount, long nowNanos) {
        forget(nowNanos);
        sum += amount / MEMORY_SECONDS;
    }

    /** What is known now. */
    double perSecond(long nowNanos) {
        forget(nowNanos);
        return sum / Math.max(LEAST_WEIGHT, weight);
    }

    private void forget(long nowNanos) {
        double seconds = started ? Math.max(0, nowNanos - atNanos) / 1e9 : 0;
        double keep = Math.exp(-seconds / MEMORY_SECONDS);
        sum *= keep;
        weight = 1 - (1 - weight) * keep;
        atNanos = started && nowNanos - atNanos < 0 ? atNanos : nowNanos;
        started = true;
    }
}
