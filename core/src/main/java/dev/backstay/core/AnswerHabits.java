package dev.backstay.core;

/**
 * What is usual about the answers of a target, learned from those that ended. Thread-safe.
 */
public final class AnswerHabits {

    /** So many answers in a row that end without a reason, and never one with: this target does not give any. */
    static final int NEVER_AFTER = 2;

    /** For so long after it was there a target may come back. */
    static final long BACK_NANOS = 600_000_000_000L;

    /** So long it may be missing before it is believed to be gone. */
    static final long MISSING_NANOS = 60_000_000_000L;

    private boolean wasThere;
    private boolean missing;
    private long thereNanos;
    private long missingNanos;
    private boolean names;
    private int silent;

    /** It answered, or said that it starts. */
    public synchronized void there(long nowNanos) {
        wasThere = true;
        missing = false;
        thereNanos = nowNanos;
    }

    /** Whether it may come back that nobody knows it now: it was there lately, and has not been missing for long. */
    public synchronized boolean mayComeBack(long nowNanos) {
        if (!missing) {
            missing = true;
            missingNanos = nowNanos;
        }
        return wasThere && nowNanos - thereNanos < BACK_NANOS && nowNanos - missingNanos < MISSING_NANOS;
    }

    /** An answer said why each choice ended. */
    public synchronized void namedReason() {
        names = true;
        silent = 0;
    }

    /** An answer said that it was over, and not why. */
    public synchronized void namedNoReason() {
        silent = Math.min(NEVER_AFTER, silent + 1);
    }

    /** Whether this target never says why an answer ends, so that one without a reason may be whole. */
    public synchronized boolean neverNamesReason() {
        return !names && silent >= NEVER_AFTER;
    }
}
