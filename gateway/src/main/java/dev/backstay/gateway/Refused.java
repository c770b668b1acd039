package dev.backstay.gateway;

import dev.backstay.client.Problem;
import java.time.Duration;
import java.util.Optional;

/** A request is not served, and why: our answer, in OpenAI's shape. */
final class Refused extends Exception {

    private static final long serialVersionUID = 1;

    private final transient Problem problem;
    private final transient Optional<Duration> retryAfter;

    Refused(int status, String code, String message) {
        this(status, code, message, Optional.empty());
    }

    /** @param retryAfter when it may be served */
    Refused(int status, String code, String message, Optional<Duration> retryAfter) {
        super(message, null, false, false);
        this.problem = Problem.ofRequest(status, code, message);
        this.retryAfter = retryAfter;
    }

    Problem problem() {
        return problem;
    }

    Optional<Duration> retryAfter() {
        return retryAfter;
    }
}
