package dev.backstay.core;

/**
 * Tokens that an attempt used, as the server counted them.
 *
 * <p>Immutable.
 *
 * @param promptTokens tokens of the prompt, cached ones included
 * @param cachedTokens tokens of the prompt that came from the server's cache
 * @param completionTokens tokens generated
 */
public record Usage(long promptTokens, long cachedTokens, long completionTokens) {

    /** Both together. */
    public Usage plus(Usage other) {
        return other.equals(NONE)
                ? this
                : new Usage(
                        promptTokens + other.promptTokens,
                        cachedTokens + other.cachedTokens,
                        completionTokens + other.completionTokens);
    }

    /** Nothing was reported. */
    public static final Usage NONE = new Usage(0, 0, 0);
}
