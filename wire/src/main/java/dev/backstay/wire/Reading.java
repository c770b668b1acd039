package dev.backstay.wire;

import java.util.Optional;

/**
 * How the answer to one request is read.
 *
 * <p>Immutable.
 *
 * @param endpoint what was asked; empty if it is no inference
 * @param json whether a good answer that is no inference has to be one JSON document
 * @param classifier who knows this provider's refusals
 * @param peek what the request says about its answer
 * @param again when the request may be sent again
 * @param collecting whether to keep a stream's text, so that it can be continued
 * @param mostHeld the largest answer that the driver holds until it is whole, in bytes
 */
public record Reading(
        Optional<Endpoint> endpoint,
        boolean json,
        Classifier classifier,
        RequestPeek peek,
        Idempotency again,
        boolean collecting,
        long mostHeld) {

    /** The answer to an inference. */
    public static Reading of(Endpoint endpoint, Classifier classifier, RequestPeek peek, long mostHeld) {
        Idempotency again = Idempotency.of(endpoint.method(), endpoint.path(), peek);
        return new Reading(Optional.of(endpoint), true, classifier, peek, again, false, mostHeld);
    }

    /** The answer to a request of which nothing is known but that it may be sent again: whatever comes. */
    public static Reading ofAnything(Classifier classifier, RequestPeek peek, Idempotency again, long mostHeld) {
        return new Reading(Optional.empty(), false, classifier, peek, again, false, mostHeld);
    }

    /** The same, with the text of a stream kept or not. */
    public Reading collecting(boolean keep) {
        return new Reading(endpoint, json, classifier, peek, again, keep, mostHeld);
    }
}
