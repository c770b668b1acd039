package dev.backstay.core;

/**
 * Race a second attempt against a slow one?
 *
 * <p>A few answers take twenty times as long as the rest for no reason of their own; a second attempt after the time that
 * 95 % need costs 5 % more sends and cuts the slowest percent to about that time (Dean and Barroso, "The Tail at Scale",
 * CACM 2013). It is off unless the request {@linkplain Request#hedged says so}, because both may be billed.
 *
 * <p>It has a cap of its own, {@value #MAX_SHARE} of the sends, so that it stops when everything is slow: then a race helps
 * nobody. It races only for a first token, never after a refusal, and only while the target is healthy.
 *
 * <p>Thread-safe.
 */
public final class HedgePolicy {

    /** Share of sends that may be hedges. */
    public static final double MAX_SHARE = 0.05;

    /** Hedges that may be saved up. */
    public static final double BURST = 10;

    /** Nobody is raced earlier than this. */
    public static final long EARLIEST_NANOS = 500_000_000L;

    /** The share of first tokens that are in time. */
    public static final double IN_TIME = 0.97;

    private double credit;

    /** An attempt was sent that was not a hedge. */
    public synchronized void sent() {
        credit = Math.min(BURST, credit + MAX_SHARE);
    }

    /** After how long without a first token to race, in nanoseconds; {@link Long#MAX_VALUE} while nothing is known. */
    public long delayNanos(Pace pace, Workload workload, long promptTokens) {
        long usual = pace.firstTokenQuantile(workload, promptTokens, IN_TIME);
        return usual == 0 ? Long.MAX_VALUE : Math.max(EARLIEST_NANOS, usual);
    }

    /** Whether one more hedge may be sent; it is taken from the credit. */
    public synchronized boolean take() {
        if (credit < 1) {
            return false;
        }
        credit -= 1;
        return true;
    }
}
