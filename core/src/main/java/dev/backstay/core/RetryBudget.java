package dev.backstay.core;

/**
 * Can we afford another try?
 *
 * <p><b>Why a budget.</b> A maximum per call lets every call of a failing minute use it up, and n tries at each of k layers
 * are nᵏ. A budget looks at all calls of a route together: it lets retries cure a few failures and stops them when failing is
 * the rule.
 *
 * <p><b>Why weights.</b> A retry costs what the failed attempt may have cost: 1 unit after a fast refusal, 10 after a request
 * that may have run. A success earns 1. With costs c the budget sustains a failure rate p while {@code c·p ≤ 1−p}: 50 % for
 * refusals, 9.1 % for burned requests.
 *
 * <p><b>Why it learns.</b> Any fixed ratio loses somewhere: strict enough for a retry storm, it gives up calls in a brownout
 * of 60 % in which every retry would do. So the price follows what is measured ({@link LoadSense}):
 *
 * <pre>
 *   failures come by chance, retries do as well as first attempts    refusals cost 0, burned requests 1
 *   failures come from load, or nothing is known                     1 and 10
 * </pre>
 *
 * <p>A success earns, not a request, so a dead target earns nothing. A trickle lets clients with few calls retry at all.
 *
 * <p>Thread-safe.
 */
public final class RetryBudget {

    /** Where failures come from. */
    public enum Cause {
        /** Nobody knows yet, or everything fails. */
        UNKNOWN,
        /** The more is asked, the more fails. */
        LOAD,
        /** They hit anybody, and a retry is as good as a first attempt. */
        CHANCE
    }

    /** Units in a full budget. */
    public static final int CAPACITY = 100;

    /** Units that come back by themselves: one cheap retry each five seconds. */
    public static final double TRICKLE_PER_SECOND = 0.2;

    /** What a burned request costs where failures come by chance. */
    static final int CHANCE_PRICE = 1;

    private static final double ONCE_IN_A_MILLION = 1e-6;
    private static final double LEAST_FAILING = 0.01;
    private static final double MOST_FAILING = 0.9;
    private static final double NANOS = 1e9;

    private final LoadSense sense = new LoadSense();
    private final int capacity;
    private double units;
    private long refilledNanos;
    private boolean started;

    /** A full one of {@value #CAPACITY} units. */
    public RetryBudget() {
        this(CAPACITY);
    }

    /**
     * A full one.
     *
     * @throws IllegalArgumentException naming the setting, its value and the rule it breaks
     */
    public RetryBudget(int capacity) {
        if (capacity < 0) {
            throw new IllegalArgumentException("retry-budget is " + capacity + ": it must not be negative");
        }
        this.capacity = capacity;
        this.units = capacity;
    }

    /** Takes the units for another try, or takes nothing and says no. */
    public synchronized boolean tryWithdraw(int cost, long nowNanos) {
        refill(nowNanos);
        int price = price(cost);
        if (units < price) {
            return false;
        }
        units -= price;
        return true;
    }

    /** What another try costs now, if its table price is this. */
    public synchronized int price(int cost) {
        return cost == 0 || !sense.comesByChance() ? cost : cost == 1 ? 0 : CHANCE_PRICE;
    }

    /** A call succeeded. */
    public synchronized void deposit(long nowNanos) {
        refill(nowNanos);
        units = Math.min(capacity, units + 1);
    }

    /**
     * An attempt ended in a way that says something about the target's health.
     *
     * @param inFlight attempts in flight when it was sent
     * @param retry whether it was one
     * @param good whether it was answered
     */
    public synchronized void heard(int inFlight, boolean retry, boolean good) {
        sense.heard(inFlight, retry, good);
    }

    /** Where failures come from, as far as is known. */
    public synchronized Cause cause() {
        if (sense.comesFromLoad()) {
            return Cause.LOAD;
        }
        return sense.comesByChance() ? Cause.CHANCE : Cause.UNKNOWN;
    }

    /** The share of attempts that failed lately. */
    public synchronized double failing() {
        return sense.failing();
    }

    /**
     * The weight of a run of failures that shuts the gate. Where failures come by chance a run may be long by chance: it must
     * be so long that chance alone would make it once in a million attempts.
     */
    synchronized int tripWeight() {
        if (!sense.comesByChance()) {
            return Gate.TRIP_WEIGHT;
        }
        double failing = Math.min(MOST_FAILING, Math.max(LEAST_FAILING, sense.failing()));
        return Math.max(Gate.TRIP_WEIGHT, (int) Math.ceil(Math.log(ONCE_IN_A_MILLION) / Math.log(failing)));
    }

    /** What is left, in units. */
    public synchronized double balance(long nowNanos) {
        refill(nowNanos);
        return units;
    }

    private void refill(long nowNanos) {
        if (started) {
            double seconds = Math.max(0, nowNanos - refilledNanos) / NANOS;
            units = Math.min(capacity, units + seconds * TRICKLE_PER_SECOND);
        }
        started = true;
        refilledNanos = nowNanos;
    }
}
