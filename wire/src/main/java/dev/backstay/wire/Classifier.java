package dev.backstay.wire;

import dev.backstay.core.Failure;
import java.time.Instant;

/**
 * What an answer with a status that says no means. One implementation per provider, and all that is known about the
 * provider's errors stands there, each rule with its source.
 */
public interface Classifier {

    /**
     * A refusal as it came.
     *
     * @param status the HTTP status
     * @param headers its headers
     * @param body what its body says
     * @param now the time on the wall, for dates in headers
     */
    record Refusal(int status, Headers headers, ErrorBody body, Instant now) {}

    /** Whether a model of this name may have no machine for now and start one, as a deployment of one's own does. */
    default boolean mayBoot(String model) {
        return false;
    }

    /** The failure it is. Never throws: what is not known is judged by its status alone. */
    Failure classify(Refusal refusal);
}
