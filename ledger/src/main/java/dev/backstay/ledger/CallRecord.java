package dev.backstay.ledger;

import java.util.List;

/**
 * The life of one call, without what was asked and answered.
 *
 * <p>Immutable.
 *
 * @param id its name, as callers got it in {@code Backstay-Call-Id}
 * @param source which process served it
 * @param arrivedMs when it arrived, in milliseconds since 1970
 * @param tookMs how long it took
 * @param firstEventMs after how long the first event of the answer was there; -1 if none came
 * @param operation what was asked for: {@code chat}
 * @param workload what kind of work
 * @param priority who goes first
 * @param host whom it was meant for first
 * @param model which model of that host
 * @param streamed whether the answer came as events
 * @param attempts how many tries were sent
 * @param outcome {@code succeeded}, or the kind of the failure
 * @param phase where it ended
 * @param acknowledged whether the server saw the last try
 * @param status the last HTTP status, 0 if none
 * @param gaveUp why it was not tried again; empty after a success
 * @param delivered whether the caller has part of an answer
 * @param message the failure in words; empty after a success
 * @param requestId how the provider names the last try; empty if it did not say
 * @param promptTokens as the provider counted them
 * @param cachedTokens those of them that came from a cache
 * @param completionTokens as the provider counted them
 * @param life what happened, in order
 */
public record CallRecord(
        String id,
        String source,
        long arrivedMs,
        long tookMs,
        long firstEventMs,
        String operation,
        String workload,
        String priority,
        String host,
        String model,
        boolean streamed,
        int attempts,
        String outcome,
        String phase,
        String acknowledged,
        int status,
        String gaveUp,
        boolean delivered,
        String message,
        String requestId,
        long promptTokens,
        long cachedTokens,
        long completionTokens,
        List<Moment> life) {

    /** What a call that has its whole answer came to. */
    public static final String SUCCEEDED = "succeeded";

    /** Keeps its own copy of the life. */
    public CallRecord {
        life = List.copyOf(life);
    }

    /** Whether the caller has the whole answer. */
    public boolean succeeded() {
        return outcome.equals(SUCCEEDED);
    }
}
