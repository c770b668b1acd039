package dev.backstay.client;

import dev.backstay.core.Call;
import dev.backstay.core.Result;

/**
 * A call in the words of OpenTelemetry's conventions for generative AI.
 *
 * <p>Immutable.
 *
 * @param operation {@code chat}, {@code text_completion} or {@code embeddings}
 * @param provider whose API it is
 * @param model the model asked for
 * @param address the host
 * @param port its port
 */
public record GenAiCall(String operation, String provider, String model, String address, int port) {

    /** What a value is called that is not among the expected ones. */
    public static final String OTHER = "_OTHER";

    private static final String FIREWORKS_HOST = "fireworks.ai";

    /** How this call is told of. */
    public static GenAiCall of(Call call) {
        String host = call.request().target().host();
        int colon = host.lastIndexOf(':');
        String address = colon < 0 ? host : host.substring(0, colon);
        return new GenAiCall(
                call.request().operation(),
                address.endsWith(FIREWORKS_HOST) ? "fireworks" : address.endsWith("openai.com") ? "openai" : address,
                call.request().target().model(),
                address,
                colon < 0 ? 0 : Integer.parseInt(host.substring(colon + 1)));
    }

    /** Whether it is one of these at all. */
    public boolean isInference() {
        return !operation.isEmpty();
    }

    /** The {@code error.type} of a call that ended so; empty if it is none. */
    public static String errorType(Result result) {
        return result instanceof Result.Failed failed ? failed.failure().kind().label() : "";
    }

    /** When it arrived. */
    public static long arrivedNanos(Call call) {
        return call.diary().beganNanos();
    }
}
