package dev.backstay.core;

/**
 * What is usual at a {@link Gate}: how many attempts are in flight, how long a first event takes, how long an answer takes.
 * Not thread-safe; belongs to its gate.
 */
final class Usual {

    /** First events that take longer than this multiple of what was usual show that the target has a queue. */
    static final double SLOWED_FACTOR = 2;

    /** Less than this share of the usual time of an answer is not enough to begin. */
    private static final double LEAST_SHARE = 0.8;

    /** With so many mean deviations above the usual most answers are there. */
    private static final double DEVIATIONS = 2;

    /** How quickly the usual number in flight forgets. */
    private static final double FORGET_NANOS = 60e9;

    /** The weight of one more in what is usual, and in what is recent. */
    private static final double USUAL_WEIGHT = 0.02;

    private static final double RECENT_WEIGHT = 0.2;

    /** Below this much observation nothing is known to be usual. */
    private static final long LEARNING_NANOS = 10_000_000_000L;

    private double inFlight;
    private double firstEventNanos;
    private double recentFirstEventNanos;
    private double answerNanos;
    private double deviationNanos;
    private long seenNanos;
    private long observedNanos;
    private boolean observing;

    /** So many are in flight from now on: an average over the time when there are any. */
    void inFlight(int now, long nowNanos) {
        if (observing && now > 0) {
            long passed = Math.max(0, nowNanos - seenNanos);
            observedNanos += passed;
            inFlight += (now - inFlight) * (1 - Math.exp(-passed / FORGET_NANOS));
        }
        observing = true;
        seenNanos = nowNanos;
    }

    /** What follows is not usual, until somebody says otherwise. */
    void pause() {
        observing = false;
    }

    /** A first event took so long. Learned all the time, if slowly, so that a target that is slow for good is not held back. */
    void firstEvent(long nanos, boolean reopening) {
        firstEventNanos += firstEventNanos == 0 ? nanos : (nanos - firstEventNanos) * USUAL_WEIGHT;
        if (reopening) {
            recentFirstEventNanos +=
                    recentFirstEventNanos == 0 ? nanos : (nanos - recentFirstEventNanos) * RECENT_WEIGHT;
        }
    }

    /** A whole answer took so long. */
    void answered(long nanos) {
        deviationNanos += (Math.abs(nanos - answerNanos) - deviationNanos) * (answerNanos == 0 ? 0 : USUAL_WEIGHT);
        answerNanos += answerNanos == 0 ? nanos : (nanos - answerNanos) * USUAL_WEIGHT;
    }

    /** A new beginning: what was recent is long ago. */
    void forgetRecent() {
        recentFirstEventNanos = 0;
    }

    boolean isKnown() {
        return observedNanos >= LEARNING_NANOS;
    }

    double inFlight() {
        return inFlight;
    }

    /** Whether first events take much longer than they used to. */
    boolean isSlowed() {
        return firstEventNanos > 0 && recentFirstEventNanos > SLOWED_FACTOR * firstEventNanos;
    }

    /**
     * With less time than this an answer is not begun.
     *
     * @param crowded whether others could use the place: then it takes enough time for most answers, else enough for some
     */
    long leastNanos(boolean crowded) {
        return (long) (crowded ? answerNanos + DEVIATIONS * deviationNanos : LEAST_SHARE * answerNanos);
    }
}
