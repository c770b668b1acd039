package dev.backstay.core;

/**
 * Can we afford another try?
 *
 * <p><b>Why a budget.</b> A maximum per call lets every call of a failing minute use it up, and n tries at each of k layers
 * are nᵏ. A budget looks at all calls of a target together: it lets retries cure a few failures and stops them when
 * failing is the rule.
 *
 * <p><b>Why weights.</b> One ratio must be wrong: loose enough for a brownout of cheap refusals, it feeds the storm when
 * each failure burns a GPU slot. So a retry costs what the failed attempt may have cost: 1 unit after a fast refusal, 10
 * after a request that may have run. A success earns 1. With costs c the budget sustains a failure rate p while
 * {@code c·p ≤ 1−p}: 50 % for refusals, 9.1 % for burned requests.
 *
 * <p>A success earns, not a request, so a dead target earns nothing. A trickle lets clients with few calls retry at all.
 *
 * <p>Thread-safe.
 */
public final class RetryBudget {

    /** Units in a full budget. */
    public static final int CAPACITY = 100;

    /** Units that come back by themselves: one cheap retry each five seconds. */
    public static final double TRICKLE_PER_SECOND = 0.2;

    private static final double NANOS = 1e9;

    private double units = CAPACITY;
    private long refilledNanos;
    private boolean started;

    /** Takes the units for another try, or takes nothing and says no. */
    public synchronized boolean tryWithdraw(int cost, long nowNanos) {
        refill(nowNanos);
        if (units < cost) {
            return false;
        }
        units -= cost;
        return true;
    }

    /** A call succeeded. */
    public synchronized void deposit(long nowNanos) {
        refill(nowNanos);
        units = Math.min(CAPACITY, units + 1);
    }

    /** What is left, in units. */
    public synchronized double balance(long nowNanos) {
        refill(nowNanos);
        return units;
    }

    private void refill(long nowNanos) {
        if (started) {
            double seconds = Math.max(0, nowNanos - refilledNanos) / NANOS;
            units = Math.min(CAPACITY, units + seconds * TRICKLE_PER_SECOND);
        }
        started = true;
        refilledNanos = nowNanos;
    }
}
