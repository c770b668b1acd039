package dev.backstay.wire;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import java.util.Optional;
import java.util.Set;

/** When a request may be sent again, by what it does: some only compute, others begin a job or add a turn to a conversation. */
public enum Idempotency {
    /** Whenever the engine finds it worthwhile: asking twice has no effect but its price. */
    ALWAYS,
    /** Only if it was not seen, or turned away: asking twice may do it twice. */
    UNLESS_SEEN,
    /** Only if no byte of it left: its body can be read once. */
    UNLESS_SENT;

    private static final Set<String> IDEMPOTENT =
            Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE"); // RFC 9110 section 9.2.2

    /** The ends of the paths of what only computes, besides the {@linkplain Endpoint inference} whose answers are read. */
    private static final Set<String> COMPUTES = Set.of(
            "/moderations",
            "/rerank",
            "/score",
            "/classify",
            "/pooling",
            "/tokenize",
            "/detokenize",
            "/count_tokens",
            "/input_tokens",
            "/audio/speech",
            "/audio/transcriptions",
            "/audio/translations",
            "/images/generations",
            "/images/edits",
            "/images/variations");

    /** A request that was answered like this was not begun. */
    private static final Set<FailureKind> TURNED_AWAY =
            Set.of(FailureKind.RATE_LIMITED, FailureKind.OVERLOADED, FailureKind.NOT_READY);

    /**
     * What holds for a request.
     *
     * @param path without its query
     * @param peek what its body says
     */
    public static Idempotency of(String method, String path, RequestPeek peek) {
        if (IDEMPOTENT.contains(method)) {
            return ALWAYS;
        }
        boolean computes =
                Endpoint.atEndOf(method, path).isPresent() || COMPUTES.stream().anyMatch(path::endsWith);
        return computes && !peek.mayAct() ? ALWAYS : UNLESS_SEEN;
    }

    /** How an attempt ended: what must not be asked again is marked so. */
    public Outcome marked(Outcome how) {
        if (this == ALWAYS || !(how instanceof Outcome.Failed failed)) {
            return how;
        }
        Failure failure = failed.failure();
        boolean turnedAway = failure.status() != Failure.NO_STATUS && TURNED_AWAY.contains(failure.kind());
        boolean safe = failure.acknowledged() == Acknowledged.NO || this == UNLESS_SEEN && turnedAway;
        return safe ? how : new Outcome.Failed(failure.withServerWish(failure.hint(), Optional.of(false)));
    }
}
