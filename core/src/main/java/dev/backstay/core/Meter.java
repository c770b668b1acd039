package dev.backstay.core;

import java.util.Arrays;

/**
 * One limit of a provider, as a bucket that fills at the pace of the limit and from which sends take. The limit is what the
 * last answers said about it; while nobody has said anything there is none.
 *
 * <p>Answers come from several instances that do not agree, so the median of the last {@value #SAID} counts: one instance
 * that is behind or out of its mind does not move it.
 *
 * <p>Not thread-safe; the {@link Limiter} is.
 */
final class Meter {

    /** Answers whose word counts. */
    static final int SAID = 9;

    /** Seconds' worth that may be saved up. */
    static final double BURST_SECONDS = 2;

    /** The provider counts by the minute. */
    private static final double DEBT_SECONDS = 60;

    private final long[] said = new long[SAID];
    private final long[] sorted = new long[SAID];
    private int heard;
    private double perSecond;
    private double level;
    private long filledNanos;
    private boolean started;

    /** An answer said that the limit is this, per minute; whether that changes anything. */
    boolean heard(long perMinute, double share, long nowNanos) {
        if (perMinute <= 0) {
            return false;
        }
        int place = heard % SAID;
        boolean nothingNew = heard >= SAID && said[place] == perMinute;
        heard = heard >= 2 * SAID - 1 ? SAID : heard + 1; // the place counts on, the number does not overflow
        if (nothingNew) {
            return false;
        }
        fill(share, nowNanos);
        said[place] = perMinute;
        int count = Math.min(heard, SAID);
        System.arraycopy(said, 0, sorted, 0, count);
        Arrays.sort(sorted, 0, count);
        double before = perSecond;
        perSecond = sorted[(count - 1) / 2] / 60.0;
        return perSecond != before;
    }

    /** Nobody has said a limit, but it was felt: this much, per second. */
    void felt(double guessPerSecond, double share, long nowNanos) {
        fill(share, nowNanos);
        perSecond = guessPerSecond;
        heard = 0;
    }

    boolean isKnown() {
        return perSecond > 0;
    }

    /** Whether an answer named the limit. */
    boolean isSaid() {
        return heard > 0;
    }

    double perSecond() {
        return perSecond;
    }

    /** When so much has come in at this share of the limit, in nanoseconds from now. */
    double waitNanos(double amount, double share, long nowNanos) {
        if (!isKnown()) {
            return 0;
        }
        fill(share, nowNanos);
        double missing = amount - level;
        return missing <= 0 ? 0 : missing / (perSecond * share) * 1e9;
    }

    /** The same for one send behind others: one that is larger than the bucket waits only for a full one. */
    double waitBehindNanos(double ahead, double amount, double share, long nowNanos) {
        return waitNanos(ahead + Math.min(amount, perSecond * BURST_SECONDS), share, nowNanos);
    }

    /** Takes; the bucket may go below zero, but what a minute brings pays all debts. */
    void take(double amount) {
        level = Math.max(level - amount, -perSecond * DEBT_SECONDS);
    }

    private void fill(double share, long nowNanos) {
        long passed = started ? nowNanos - filledNanos : 0;
        if (passed > 0) { // another thread may have read the clock earlier and come later
            level = Math.min(perSecond * BURST_SECONDS, level + passed / 1e9 * perSecond * share);
            filledNanos = nowNanos;
        }
        filledNanos = started ? filledNanos : nowNanos;
        started = true;
    }
}
