package dev.backstay.core;

/**
 * How many attempts at a time a target takes: for those whose limit is machines and not tokens.
 *
 * <p>It begins without a bound and gets one from two signs: a refusal that comes from load (then the bound is just below what
 * was in flight), or a queue time of the server that stays above {@value #QUEUE_TARGET_NANOS} ns (then it is halved, as
 * Fireworks' own client for dedicated deployments does, at most once in {@value #ROUND} answers). With answers and a full
 * window it grows by one per round, and faster the longer nothing is turned away.
 *
 * <p>Not thread-safe; the {@link Limiter} is.
 */
final class Window {

    /** Queue time at the server that is too long. */
    static final long QUEUE_TARGET_NANOS = 500_000_000L;

    /** Answers between two halvings. */
    static final int ROUND = 32;

    private static final double QUEUE_WEIGHT = 0.3;
    private static final double HALF = 0.5;

    /** So full counts as full. */
    private static final double FULL = 0.9;

    /** After so many full rounds in which nothing was turned away the bound grows twice as fast, much as CUBIC does. */
    private static final double ROUNDS_TO_DOUBLE = 8;

    /** From so many on it grows no faster. */
    private static final double ROUNDS_LIMIT = 32;

    private static final double UNBOUNDED = Double.POSITIVE_INFINITY;

    private double limit = UNBOUNDED;
    private int held;
    private double queueNanos;
    private int sinceHalving;
    private double roundsFull;

    boolean hasRoom() {
        return held + 1 <= limit;
    }

    boolean isBounded() {
        return limit != UNBOUNDED;
    }

    int held() {
        return held;
    }

    void enter() {
        held++;
    }

    void leave() {
        held--;
    }

    /** One was turned away because of the load; it is still counted as held. */
    void shed() {
        limit = Math.max(1, Math.min(limit, held) - 1);
        roundsFull = 0;
    }

    /** So much fails by chance that the bound cannot be what helps. */
    void mistaken() {
        limit = UNBOUNDED;
    }

    /** One was answered; it is still counted as held. */
    void answered() {
        sinceHalving = Math.min(ROUND, sinceHalving + 1);
        if (isBounded() && (held >= FULL * limit || !hasRoom())) {
            roundsFull = Math.min(ROUNDS_LIMIT, roundsFull + 1 / limit);
            limit += (1 + roundsFull / ROUNDS_TO_DOUBLE) / limit;
        }
    }

    /** An answer said how long it had waited for its turn. */
    void queued(long nanos) {
        queueNanos += queueNanos == 0 ? nanos : (nanos - queueNanos) * QUEUE_WEIGHT;
        if (queueNanos > QUEUE_TARGET_NANOS && sinceHalving >= ROUND) {
            limit = Math.max(1, Math.min(limit, held) * HALF);
            sinceHalving = 0;
            roundsFull = 0;
            queueNanos = 0;
        }
    }

    /** The bound, for metrics; infinite while there is none. */
    double limit() {
        return limit;
    }
}
