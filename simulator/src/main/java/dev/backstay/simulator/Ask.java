package dev.backstay.simulator;

import dev.backstay.wire.Endpoint;

/**
 * A request as the provider sees it.
 *
 * @param endpoint which one
 * @param model the model asked for
 * @param promptTokens size of the prompt
 * @param outputTokens how many tokens the model will generate
 * @param streamed whether the answer comes as events
 * @param firstToken which token of the whole text it begins with: above 0 it goes on where another answer broke
 */
public record Ask(
        Endpoint endpoint, String model, long promptTokens, int outputTokens, boolean streamed, int firstToken) {

    /** One that begins at the beginning. */
    public Ask(Endpoint endpoint, String model, long promptTokens, int outputTokens, boolean streamed) {
        this(endpoint, model, promptTokens, outputTokens, streamed, 0);
    }

    /** The rest of the answer, after so many of its tokens have come; their text is part of the prompt now. */
    Ask after(int tokens) {
        return tokens == 0
                ? this
                : new Ask(
                        endpoint,
                        model,
                        promptTokens + tokens,
                        Math.max(1, outputTokens - tokens),
                        streamed,
                        firstToken + tokens);
    }
}
