package dev.backstay.core;

/**
 * How large a request is, as far as is known before it is answered.
 *
 * <p>Immutable.
 *
 * @param promptTokens about how many tokens the prompt has; 0 if nobody knows
 * @param outputLimit how many tokens the caller allows the answer, or {@link #NO_LIMIT}
 */
public record Size(long promptTokens, long outputLimit) {

    /** The caller did not say. */
    public static final long NO_LIMIT = Long.MAX_VALUE;

    /** Nothing is known. */
    public static final Size UNKNOWN = new Size(0, NO_LIMIT);

    /** @throws IllegalArgumentException naming the value and the rule it breaks */
    public Size {
        if (promptTokens < 0 || outputLimit < 0) {
            throw new IllegalArgumentException(
                    "size is " + promptTokens + " and " + outputLimit + " tokens: neither may be negative");
        }
    }
}
