package dev.backstay.fireworks;

import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.wire.Classifier;
import dev.backstay.wire.FireworksClassifier;
import java.util.Optional;

/**
 * What the control plane's refusals mean. As in inference, with two differences.
 *
 * <p>Sources: [O] Gateway REST API, {@code gatewayCode}; [S] fw-ai-external/python-sdk, training/sdk; [M] docs.fireworks.ai
 * "Exporting Metrics".
 *
 * @param createsOrReads what a 429 means: a quota that stays used up, or a pace that was too fast
 */
record ControlPlaneClassifier(Use createsOrReads) implements Classifier {

    /** What is asked for. */
    enum Use {
        /** It makes something: its 429 is a quota of GPUs or sessions, and stays until something is freed [S]. */
        CREATES,
        /** Its 429 is the pace, as everywhere. */
        READS,
        /** A signed URL, which is its own key: its 403 says that it has died, and nothing about our key. */
        FILES
    }

    private static final Classifier INFERENCE = new FireworksClassifier();

    @Override
    public Failure classify(Refusal refusal) {
        Failure failure = INFERENCE.classify(refusal);
        if (refusal.status() == 501) {
            return again(Failure.answered(FailureKind.BAD_REQUEST, 501, failure.message()), false); // [O] no such verb
        }
        if (createsOrReads == Use.FILES && (refusal.status() == 401 || refusal.status() == 403)) {
            return again(Failure.answered(FailureKind.BAD_REQUEST, refusal.status(), failure.message()), false);
        }
        if (refusal.status() == 429 && createsOrReads == Use.CREATES) {
            return again(failure, false);
        }
        return failure;
    }

    private static Failure again(Failure failure, boolean helps) {
        return failure.withServerWish(failure.hint(), Optional.of(helps));
    }
}
