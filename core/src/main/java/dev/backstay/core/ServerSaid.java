package dev.backstay.core;

/**
 * What the head of an answer says about limits and load, and how the server names the request. Any of it may be missing, and different instances of one provider
 * may say different things.
 *
 * <p>Immutable.
 *
 * @param promptPerMinute limit of all prompt tokens, or {@link #NOTHING}
 * @param uncachedPerMinute limit of prompt tokens that were not cached, or {@link #NOTHING}
 * @param generatedPerMinute limit of generated tokens, or {@link #NOTHING}
 * @param requestsPerMinute limit of requests, or {@link #NOTHING}
 * @param queueNanos how long the request waited at the server for its turn, or {@link #NOTHING}
 * @param requestId what to tell the provider's support; empty if it did not say
 */
public record ServerSaid(
        long promptPerMinute,
        long uncachedPerMinute,
        long generatedPerMinute,
        long requestsPerMinute,
        long queueNanos,
        String requestId) {

    /** It did not say. */
    public static final long NOTHING = Long.MIN_VALUE;

    /** It said nothing at all. */
    public static final ServerSaid SILENT = new ServerSaid(NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, "");
}
