package dev.backstay.wire;

import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;

/**
 * Fireworks AI. What differs from OpenAI's protocol; the rest is {@link OpenAiClassifier}'s.
 *
 * <p>Sources: [R] docs.fireworks.ai "Reliability and Error Handling"; [E] docs.fireworks.ai "Inference Error Codes";
 * [D] docs.fireworks.ai "On-demand deployments" and "Autoscaling"; [H] docs.fireworks.ai, hot loading for RL rollouts;
 * [B] bodies captured in the field, kept as tests.
 *
 * <p>Traps: 429s carry {@code type: invalid_request_error} [B]. The word "quota" proves nothing: proxies add it. 412 is a
 * suspended account or a broken LoRA, and looks transient but is not [E].
 */
public final class FireworksClassifier implements Classifier {

    /** [D] A dedicated deployment at zero replicas: the request was dropped, and starts the deployment. */
    private static final String SCALING_UP = "DEPLOYMENT_SCALING_UP";

    /** [B] The request was queued and the server's own deadline for a first token came: overload and not a quota. */
    private static final String TOO_MANY_REQUESTS = "too_many_requests";

    private static final String NO_FIRST_TOKEN = "generate first token";

    @Override
    public boolean mayBoot(String model) {
        return model.contains("/deployments/"); // [D]
    }

    @Override
    public Failure classify(Refusal refusal) {
        return OpenAiClassifier.finish(kind(refusal.status(), refusal.body()), refusal);
    }

    private static FailureKind kind(int status, ErrorBody body) {
        return switch (status) {
            case 409 -> FailureKind.BAD_REQUEST; // [E] exists already, or in conflict: asking again changes nothing
            case 425 -> FailureKind.NOT_READY; // [H] weights are being swapped
            case 429 ->
                body.code().equals(TOO_MANY_REQUESTS) && body.message().contains(NO_FIRST_TOKEN) // [B]
                        ? FailureKind.OVERLOADED
                        : FailureKind.RATE_LIMITED; // [R] whatever else the body says
            case 503 ->
                body.code().equals(SCALING_UP) // [D]
                        ? FailureKind.NOT_READY
                        : FailureKind.OVERLOADED; // [R]
            default -> OpenAiClassifier.kind(status, body); // [R] [E]
        };
    }
}
