package dev.backstay.simulator;

import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Waker;
import java.util.random.RandomGenerator;

/** How a library that people use today leads one call: whether and when it is tried again. */
public interface RetryRules {

    /** No more tries. */
    long STOP = Long.MAX_VALUE;

    /** "Until woken", as an answer of {@link #holdBack}. */
    long UNTIL_WOKEN = Long.MAX_VALUE - 1;

    /**
     * Whether the next try is held back, asked when it is due, and again when the answer has passed or the call was woken.
     *
     * @return nanoseconds to wait, {@link #UNTIL_WOKEN}, {@link #STOP}, or 0 to go
     */
    default long holdBack(RandomGenerator random, Waker waker, long nowNanos) {
        return 0;
    }

    /** The caller no longer waits, before the library was done. */
    default void abandoned(long nowNanos) {}

    /**
     * After a try that failed.
     *
     * @param attempts tries so far
     * @return nanoseconds until the next, or {@link #STOP}
     */
    long afterFailure(Failure failure, int attempts, RandomGenerator random, long nowNanos);

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
