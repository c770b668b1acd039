package dev.backstay.simulator;

import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import java.util.random.RandomGenerator;

/** How a library that people use today leads one call: whether and when it is tried again. */
public interface RetryRules {

    /** No more tries. */
    long STOP = Long.MAX_VALUE;

    /** How long the first try has to wait, in nanoseconds. */
    default long beforeFirst(long nowNanos) {
        return 0;
    }

    /** Whether a try may go now; one that may not counts as a try that failed, and is not sent. */
    default boolean permits(long nowNanos) {
        return true;
    }

    /**
     * After a try that failed.
     *
     * @param attempts tries so far
     * @return nanoseconds until the next, or {@link #STOP}
     */
    long afterFailure(Failure failure, int attempts, RandomGenerator random, long nowNanos);

    /** After a try that was refused by {@link #permits}. */
    default long afterRefusal(int attempts, RandomGenerator random, long nowNanos) {
        return STOP;
    }

    /** The answer is complete. */
    default void succeeded(long nowNanos) {}

    /** The statuses that every user of these libraries tells them to retry: what the official SDKs do. */
    static boolean isTransient(Failure failure) {
        int status = failure.status();
        if (status == Failure.NO_STATUS) {
            return failure.kind() != FailureKind.DEADLINE_EXCEEDED && failure.kind() != FailureKind.CANCELLED;
        }
        return status == 408 || status == 409 || status == 429 || status >= 500;
    }
}
