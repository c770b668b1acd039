package dev.backstay.client;

import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.GiveUp;
import dev.backstay.core.Result;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A call that got no whole answer: what went wrong last, in which phase, whether the server saw it, how often it was tried, why
 * not again, and what to do.
 */
public final class CallFailed extends RuntimeException {

    private static final Set<FailureKind> TURNED_AWAY =
            EnumSet.of(FailureKind.NO_ROOM, FailureKind.QUEUE_FULL, FailureKind.RATE_LIMITED);

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
        boolean turnedAway = TURNED_AWAY.contains(failure().kind());
        if (refusal.isPresent() || !turnedAway) {
            return refusal;
        }
        Problem problem = Problem.of(result, attempts);
        Map<String, List<String>> headers = new TreeMap<>();
        headers.put("content-type", List.of("application/json"));
        failure().hint().ifPresent(hint -> headers.put("retry-after", List.of(String.valueOf(hint.toSeconds() + 1))));
        return Optional.of(new Reply(problem.status(), headers, problem.json()));
    }
}
