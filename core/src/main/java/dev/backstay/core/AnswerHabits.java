package dev.backstay.core;

/**
 * What is usual about the answers of a target, learned from those that ended. Thread-safe.
 */
public final class AnswerHabits {

    /** So many answers in a row that end without a reason, and never one with: this target does not give any. */
    static final int NEVER_AFTER = 2;

    private boolean names;
    private int silent;

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
