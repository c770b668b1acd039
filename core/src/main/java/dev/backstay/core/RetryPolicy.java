package dev.backstay.core;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Again? A ladder of guards, each with its reason; the one who passes them all waits {@link Backoff} and goes again.
 *
 * <p>Immutable.
 *
 * @param maxAttempts tries of one call that may have been worked on. The budget, the gate and the deadline are the real limits
 * @param maxRefused tries of one call that were refused cheaply, {@value #MAX_REFUSED} unless it is known that another helps nobody
 * @param longestHint a server that asks for more than this is taken at its word: the call fails now and says so
 * @param backoff after how long
 */
public record RetryPolicy(int maxAttempts, int maxRefused, Duration longestHint, Backoff backoff) {

    /** Tries of one call that may be refused, so that there is a bound. */
    public static final int MAX_REFUSED = 100;

    /** Six tries; hints up to 120 s, as the OpenAI Python client accepts them. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(6, Duration.ofMinutes(2), Backoff.DEFAULT);

    /** One try, whatever comes: for who looks again later, or must not ask twice. */
    public static final RetryPolicy NEVER = new RetryPolicy(1, 1, Duration.ofMinutes(2), Backoff.DEFAULT);

    /** One that tries what is refused cheaply as often as there can be a bound. */
    public RetryPolicy(int maxAttempts, Duration longestHint, Backoff backoff) {
        this(maxAttempts, MAX_REFUSED, longestHint, backoff);
    }

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public RetryPolicy {
        if (maxAttempts < 1) {
            throw new IllegalArgumentException("max-attempts is " + maxAttempts + ": it must be at least 1");
        }
        if (maxRefused < 1) {
            throw new IllegalArgumentException("max-refused is " + maxRefused + ": it must be at least 1");
        }
        Timeouts.requirePositive("longest-hint", longestHint);
    }

    /**
     * Where a call stands after a failure.
     *
     * @param failure the failure
     * @param burned tries that failed and may have been worked on
     * @param refused tries that failed cheaply
     * @param failuresOfKind how often the call has failed in this way by now
     * @param delivered whether the caller has part of an answer that cannot be continued
     * @param cost what another try costs, in budget units
     * @param parks whether the gate holds calls back now, so that another try adds no load and is free
     */
    public record Setback(
            Failure failure, int burned, int refused, int failuresOfKind, boolean delivered, int cost, boolean parks) {}

    /** The answer. */
    public sealed interface Verdict {}

    /** Go again after this long. */
    public record Again(long delayNanos) implements Verdict {}

    /** Do not. */
    public record No(GiveUp reason) implements Verdict {}

    /** Decides; takes units from the budget only when it says {@link Again}. */
    public Verdict decide(
            Setback setback, Deadline deadline, RetryBudget budget, RandomGenerator random, long nowNanos) {
        Failure failure = setback.failure();
        if (failure.retriesAllowed() == 0) {
            return new No(GiveUp.NOT_RETRYABLE);
        }
        if (setback.delivered()) {
            return new No(GiveUp.ANSWER_STARTED);
        }
        boolean often = setback.burned() >= maxAttempts || setback.refused() >= maxRefused;
        if (often && (!setback.parks() || maxRefused < MAX_REFUSED)
                || setback.failuresOfKind() > failure.retriesAllowed()) {
            return new No(GiveUp.ATTEMPTS_SPENT);
        }
        if (failure.hint().isPresent() && failure.hint().get().compareTo(longestHint) > 0) {
            return new No(GiveUp.HINT_TOO_LONG);
        }
        long delayNanos = backoff.delayNanos(
                failure, setback.burned() + setback.refused(), deadline.remainingNanos(nowNanos), random);
        if (deadline.isPast(nowNanos + delayNanos)) {
            return new No(GiveUp.NO_TIME_LEFT);
        }
        if (!setback.parks() && !budget.tryWithdraw(setback.cost(), nowNanos)) {
            return new No(GiveUp.BUDGET_EMPTY);
        }
        return new Again(delayNanos);
    }
}
