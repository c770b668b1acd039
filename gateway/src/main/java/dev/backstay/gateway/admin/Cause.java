package dev.backstay.gateway.admin;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Phase;
import dev.backstay.core.Target;

/**
 * Why attempts failed and calls were lost: what failures that are counted together have in common.
 *
 * @param host who was asked; empty for those that are not told apart
 */
record Cause(String host, String model, FailureKind kind, Phase phase, int status, Acknowledged acknowledged) {

    static final Cause OTHERS = new Cause("", "", FailureKind.INTERNAL, Phase.QUEUED, 0, Acknowledged.UNKNOWN);

    static Cause of(Target target, Failure failure) {
        return new Cause(
                target.host(),
                target.model(),
                failure.kind(),
                failure.phase(),
                failure.status(),
                failure.acknowledged());
    }

    /**
     * How often that was, and what was said last.
     *
     * @param attempts that failed so
     * @param calls that ended so, without their whole answer
     * @param message as the server or the transport said it; may be empty
     */
    record Count(long attempts, long calls, String message) {
        Count and(Count later) {
            return new Count(attempts + later.attempts, calls + later.calls, later.message);
        }
    }
}
