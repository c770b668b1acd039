package dev.backstay.client;

import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.GiveUp;
import dev.backstay.core.Result;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A call that got no whole answer: what went wrong last, in which phase, whether the server saw it, how often it was tried, why
 * not again, and what to do.
 */
public final class CallFailed extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final transient Result.Failed result;
    private final transient Optional<Reply> refusal;
    private final int attempts;

    CallFailed(Ask ask, Result.Failed result, int attempts, Optional<Reply> refusal) {
        super(ask + ": " + result.failure().describe() + "; " + tried(result.reason(), attempts));
        this.result = result;
        this.attempts = attempts;
        this.refusal = refusal;
    }

    private static String tried(GiveUp reason, int attempts) {
        String times = attempts == 1 ? "once" : attempts + " times";
        return attempts == 0
                ? "never sent, because " + reason.reason()
                : "tried " + times + ", not again because " + reason.reason();
    }

    /** What went wrong last. */
    public Failure failure() {
        return result.failure();
    }

    /** Why it was not tried again. */
    public GiveUp reason() {
        return result.reason();
    }

    /** Whether the caller has part of the answer. */
    public boolean delivered() {
        return result.delivered();
    }

    /** How often it was sent. */
    public int attempts() {
        return attempts;
    }

    /** The HTTP status, or {@link Failure#NO_STATUS}. */
    public int status() {
        return result.failure().status();
    }

    /** What the provider said, if its refusal is why the call failed. */
    public Optional<Reply> refusal() {
        return refusal;
    }

    /**
     * The failure as an answer, for hosts that make their own exceptions of answers: what the provider said, or what we say if the
     * call was turned away here for a limit. Empty if the failure is none that an answer could tell.
     */
    public Optional<Reply> asAnswer() {
        boolean turnedAway =
                failure().kind() == FailureKind.NO_ROOM || failure().kind() == FailureKind.QUEUE_FULL;
        if (refusal.isPresent() || !turnedAway) {
            return refusal;
        }
        Problem problem = Problem.of(result, attempts);
        return Optional.of(
                new Reply(problem.status(), Map.of("content-type", List.of("application/json")), problem.json()));
    }
}
