package dev.backstay.ledger;

/**
 * How many attempts ended in one way in one minute.
 *
 * <p>Immutable.
 *
 * @param minuteMs the beginning of the minute in which they ended, in milliseconds since 1970
 * @param host who was asked
 * @param model for which model
 * @param outcome {@code completed}, or the kind of the failure
 * @param phase where they ended
 * @param acknowledged whether the server saw them: {@code yes}, {@code no}, {@code unknown}
 * @param status the HTTP status of a refusal, else 0
 * @param attempts how many
 * @param promptTokens what the provider counted for them
 * @param cachedTokens those of the prompt that came from a cache
 * @param completionTokens what the provider counted for them
 */
public record AttemptTally(
        long minuteMs,
        String host,
        String model,
        String outcome,
        String phase,
        String acknowledged,
        int status,
        long attempts,
        long promptTokens,
        long cachedTokens,
        long completionTokens) {

    /** The outcome of an attempt that has the whole answer. */
    public static final String COMPLETED = "completed";
}
