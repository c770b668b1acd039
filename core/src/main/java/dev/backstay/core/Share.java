package dev.backstay.core;

/**
 * Which share of the limits this process uses. Others may share the account and cannot be seen: a 429 makes the share
 * smaller, quiet times make it larger by a step, which converges to a fair division (Chiu and Jain, 1989). Not thread-safe;
 * belongs to its {@link Limiter}.
 */
final class Share {

    /** All of it: limits grow only as they are used. */
    static final double MOST = 1.0;

    /** What a 429 leaves, of what was used and accepted. */
    static final double LESS = 0.9;

    /** A 429 never takes more than this at once, whatever was accepted. */
    private static final double MUCH_LESS = 0.7;

    private static final double MORE = 0.02;
    private static final double LEAST = 0.05;
    private static final long QUIET_NANOS = 10_000_000_000L;
    private static final long CUT_NANOS = 2_000_000_000L;

    private double share = MOST;
    private long changedNanos;
    private final Rate used = new Rate();
    private boolean touched;

    double now() {
        return share;
    }

    boolean isReduced() {
        return share < MOST;
    }

    /** Something was sent that takes so much of a second of the tightest limit. */
    void used(double more, long nowNanos) {
        used.add(more, nowNanos);
    }

    /** It was refused with a 429: it was not used, and less is. */
    void refused(double less, long nowNanos) {
        used.add(-less, nowNanos);
        if (mayBeCut(nowNanos)) {
            double reached = Math.min(share, used.perSecond(nowNanos)) * LESS;
            share = Math.max(LEAST, Math.max(reached, share * MUCH_LESS));
            touch(nowNanos);
        }
    }

    /** Refusals of what was sent at the same time say the same. */
    boolean mayBeCut(long nowNanos) {
        return !touched || nowNanos - changedNanos >= CUT_NANOS;
    }

    /** Nothing has changed for a while. */
    boolean isQuiet(long nowNanos) {
        return !touched || nowNanos - changedNanos >= QUIET_NANOS;
    }

    /** A step towards all. */
    void more(long nowNanos) {
        share = Math.min(MOST, share + MORE);
        touch(nowNanos);
    }

    /** Something changed now. */
    void touch(long nowNanos) {
        changedNanos = nowNanos;
        touched = true;
    }
}
