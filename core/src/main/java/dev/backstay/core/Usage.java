package dev.backstay.core;

/**
 * Tokens that an attempt used, as the server counted them.
 *
 * @param promptTokens tokens of the prompt, cached ones included
 * @param cachedTokens tokens of the prompt that came from the server's cache
 * @param completionTokens tokens generated
 */
public record Usage(long promptTokens, long cachedTokens, long completionTokens) {

    /** Nothing was reported. */
    public static final Usage NONE = new Usage(0, 0, 0);
}
