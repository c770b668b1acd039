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
 */
public record Ask(Endpoint endpoint, String model, long promptTokens, int outputTokens, boolean streamed) {}
