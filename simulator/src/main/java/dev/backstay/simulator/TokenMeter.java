package dev.backstay.simulator;

/**
 * One of an account's three token limits: a bucket that holds {@value #BURST_SECONDS} seconds' worth, and a limit that
 * grows with use, as its {@link Growth} says. How large the real bucket is, is not documented.
 */
public final class TokenMeter {

    static final double BURST_SECONDS = 5;
    private static final double CEILING_FACTOR = 60;
    private static final long MINUTE_NANOS = 60_000_000_000L;

    /**
     * How a limit follows its use.
     *
     * @param everyNanos how often it is looked at
     * @param whenUsed share of the limit that must be used in a minute for it to grow
     * @param factor it grows by this share of itself
     * @param step or by this share of where it began
     * @param decay else it falls by this share of where it began, and never below that
     */
    public record Growth(long everyNanos, double whenUsed, double factor, double step, double decay) {
        /** By a quarter at most every 15 minutes, if half was used (docs.fireworks.ai, "Serverless Rate Limits"); its fall takes days. */
        public static final Growth OF_PLATFORM = new Growth(15 * MINUTE_NANOS, 0.5, 0.25, 0, 0);

        /** Quick enough to be seen in half an hour. */
        public static final Growth QUICK = new Growth(MINUTE_NANOS, 0.8, 0, 0.2, 0.1);
    }

    private final Growth growth;
    private final double floor;
    private double perMinute;
    private double available;
    private long refilledNanos;
    private long followedNanos;
    private long windowNanos;
    private double usedInWindow;
    private boolean used;

    TokenMeter(long perMinute, Growth growth) {
        this.growth = growth;
        this.perMinute = perMinute;
        this.floor = perMinute;
        this.available = burst();
    }

    /** Whether there are this many tokens now. A request larger than the bucket passes a full one. */
    boolean allows(double tokens, long nowNanos) {
        refill(nowNanos);
        return available >= Math.min(tokens, burst());
    }

    /** Takes tokens; the bucket may go below zero. */
    void take(double tokens, long nowNanos) {
        refill(nowNanos);
        available -= tokens;
        usedInWindow += tokens;
        used = true;
    }

    boolean used() {
        return used;
    }

    long limitPerMinute() {
        return (long) perMinute;
    }

    /** What is left of the minute's tokens, as the headers tell it. */
    long remaining(long nowNanos) {
        refill(nowNanos);
        return Math.max(0, (long) (perMinute - usedInWindow));
    }

    /** When there will be this many tokens if nobody takes any. */
    long roomAtNanos(double tokens, long nowNanos) {
        refill(nowNanos);
        double missing = Math.min(tokens, burst()) - available;
        return missing <= 0 ? nowNanos : nowNanos + (long) Math.ceil(missing / perMinute * MINUTE_NANOS);
    }

    private void refill(long nowNanos) {
        double seconds = Math.max(0, nowNanos - refilledNanos) / 1e9;
        available = Math.min(burst(), available + seconds * perMinute / 60);
        refilledNanos = Math.max(refilledNanos, nowNanos);
        if (nowNanos - windowNanos >= MINUTE_NANOS) {
            follow(nowNanos);
            windowNanos = nowNanos;
            usedInWindow = 0;
        }
    }

    /** Once a minute, with the minute's use. */
    private void follow(long nowNanos) {
        if (nowNanos - followedNanos < growth.everyNanos) {
            return;
        }
        if (usedInWindow > perMinute * growth.whenUsed) {
            double more = perMinute * growth.factor + floor * growth.step;
            perMinute = Math.min(floor * CEILING_FACTOR, perMinute + more);
            followedNanos = nowNanos;
        } else if (growth.decay > 0) {
            perMinute = Math.max(floor, perMinute - floor * growth.decay);
            followedNanos = nowNanos;
        }
    }

    private double burst() {
        return perMinute / 60 * BURST_SECONDS;
    }
}
