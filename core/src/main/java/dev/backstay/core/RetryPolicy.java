package dev.backstay.core;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Again? A ladder of guards, each with its reason; the one who passes them all waits {@link Backoff} and goes again.
 *
 * @param maxAttempts tries of one call, probes not counted; the budget, the gate and the deadline are the real limits
 * @param longestHint a server that asks for more than this is taken at its word: the call fails now and says so
 * @param backoff after how long
 */
public record RetryPolicy(int maxAttempts, Duration longestHint, Backoff backoff) {

    /** Six tries; hints up to 120 s, as the OpenAI Python client accepts them. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(6, Duration.ofMinutes(2), Backoff.DEFAULT);

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public RetryPolicy {
        if (maxAttempts < 1) {
            throw new IllegalArgumentException("max-attempts is " + maxAttempts + ": it must be at least 1");
        }
        Timeouts.requirePositive("longest-hint", longestHint);
    }

    /**
     * Where a call stands after a failure.
     *
     * @param failure the failure
     * @param attempts tries so far, probes not counted
     * @param failuresOfKind how often the call has failed in this way by now
     * @param delivered whether the caller has part of an answer
     * @param cost what another try costs, in budget units; 0 while the gate parks calls anyway
     */
    public record Setback(Failure failure, int attempts, int failuresOfKind, boolean delivered, int cost) {}

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
        if (setback.attempts() >= maxAttempts || setback.failuresOfKind() > failure.retriesAllowed()) {
            return new No(GiveUp.ATTEMPTS_SPENT);
        }
        if (failure.hint().isPresent() && failure.hint().get().compareTo(longestHint) > 0) {
            return new No(GiveUp.HINT_TOO_LONG);
        }
        long delayNanos = backoff.delayNanos(failure, Math.max(1, setback.attempts()), random);
        if (deadline.isPast(nowNanos + delayNanos)) {
            return new No(GiveUp.NO_TIME_LEFT);
        }
        if (!budget.tryWithdraw(setback.cost(), nowNanos)) {
            return new No(GiveUp.BUDGET_EMPTY);
        }
        return new Again(delayNanos);
    }
}
