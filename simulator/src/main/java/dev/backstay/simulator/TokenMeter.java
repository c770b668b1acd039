package dev.backstay.simulator;

/**
 * One of an account's three token limits: a bucket that holds {@value #BURST_SECONDS} seconds' worth, and a limit that
 * grows with use: by a quarter when more than half of it was used in the last minute, at most every 15 minutes
 * (docs.fireworks.ai, "Serverless Rate Limits"). How large the real bucket is, is not documented. The limit's fall after
 * days of little use is not modelled: no run lasts days.
 */
final class TokenMeter {

    static final double BURST_SECONDS = 5;
    private static final double GROWTH = 1.25;
    private static final double CEILING_FACTOR = 60;
    private static final long RAISE_NANOS = 15 * 60_000_000_000L;
    private static final long MINUTE_NANOS = 60_000_000_000L;

    private final double ceiling;
    private double perMinute;
    private double available;
    private long refilledNanos;
    private long raisedNanos;
    private long windowNanos;
    private double usedInWindow;
    private boolean used;

    TokenMeter(long perMinute) {
        this.perMinute = perMinute;
        this.ceiling = perMinute * CEILING_FACTOR;
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
        grow(nowNanos);
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

    private void refill(long nowNanos) {
        double seconds = Math.max(0, nowNanos - refilledNanos) / 1e9;
        available = Math.min(burst(), available + seconds * perMinute / 60);
        refilledNanos = Math.max(refilledNanos, nowNanos);
        if (nowNanos - windowNanos >= MINUTE_NANOS) {
            windowNanos = nowNanos;
            usedInWindow = 0;
        }
    }

    private void grow(long nowNanos) {
        if (usedInWindow > perMinute / 2 && nowNanos - raisedNanos >= RAISE_NANOS) {
            perMinute = Math.min(ceiling, perMinute * GROWTH);
            raisedNanos = nowNanos;
        }
    }

    private double burst() {
        return perMinute / 60 * BURST_SECONDS;
    }
}
