package dev.backstay.ledger;

import dev.backstay.core.AddressTry;
import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.Diary;
import dev.backstay.core.Failure;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.Usage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Writes down the life of a call that is over, from its diary. */
final class Life {

    private static final long MICRO = 1_000;
    private static final long MILLI = 1_000_000;

    private static final List<Phase> TRAVELLED =
            List.of(Phase.RESOLVING, Phase.CONNECTING, Phase.SECURING, Phase.SENDING, Phase.AWAITING, Phase.STREAMING);

    private final Call call;
    private final long beganNanos;
    private final long endedNanos;
    private final List<Moment> moments = new ArrayList<>();

    private Life(Call call, long endedNanos) {
        this.call = call;
        this.beganNanos = call.diary().beganNanos();
        this.endedNanos = endedNanos;
    }

    /** How long it was until the first event of an answer; empty if none came. */
    static OptionalLong firstEventNanos(Call call) {
        for (Attempt each : call.attempts()) {
            OptionalLong at = each.enteredNanos(Phase.STREAMING);
            if (at.isPresent()) {
                return OptionalLong.of(at.getAsLong() - call.diary().beganNanos());
            }
        }
        return OptionalLong.empty();
    }

    /** The record of a call that ended now. */
    static CallRecord of(Call call, Result result, String source, long nowNanos, long nowMs) {
        Request request = call.request();
        long took = nowNanos - call.diary().beganNanos();
        OptionalLong first = firstEventNanos(call);
        List<Attempt> attempts = call.attempts();
        Result.Failed failed = result instanceof Result.Failed f ? f : null;
        Failure failure = failed == null ? null : failed.failure();
        Usage usage = result instanceof Result.Succeeded succeeded ? succeeded.usage() : Usage.NONE;
        return new CallRecord(
                request.id(),
                source,
                nowMs - took / MILLI,
                took / MILLI,
                first.isPresent() ? first.getAsLong() / MILLI : -1,
                request.operation(),
                request.workload().label(),
                request.priority().label(),
                request.target().host(),
                request.target().model(),
                request.streamed(),
                call.attemptsSent(),
                failure == null ? CallRecord.SUCCEEDED : failure.kind().label(),
                (failure == null ? Phase.DONE : failure.phase()).label(),
                (failure == null ? Phase.DONE.acknowledged() : failure.acknowledged()).label(),
                failure == null ? Failure.NO_STATUS : failure.status(),
                failed == null ? "" : failed.reason().label(),
                failed == null || failed.delivered(),
                failure == null ? "" : failure.describe(),
                attempts.isEmpty() ? "" : attempts.get(attempts.size() - 1).requestId(),
                usage.promptTokens(),
                usage.cachedTokens(),
                usage.completionTokens(),
                new Life(call, nowNanos).moments(failed));
    }

    private List<Moment> moments(Result.@Nullable Failed failed) {
        call.attempts().forEach(this::attempt);
        for (Diary.Waited wait : call.diary().waits()) {
            add(
                    wait.fromNanos(),
                    next(wait.fromNanos()),
                    "wait",
                    0,
                    wait.why().label() + ": " + wait.why().reason());
        }
        moments.sort(Comparator.comparingLong(Moment::atMicros));
        int forgotten = call.attemptsSent() - call.attempts().size();
        if (forgotten > 0) {
            add(endedNanos, endedNanos, "end", 0, forgotten + " more tries were made, and are not told here");
        }
        add(endedNanos, endedNanos, "end", 0, ending(failed));
        return moments;
    }

    private static String ending(Result.@Nullable Failed failed) {
        return failed == null
                ? "the caller has the whole answer"
                : "gave up: " + failed.reason().reason()
                        + (failed.delivered() ? "; the caller has part of an answer, marked as broken" : "");
    }

    private void attempt(Attempt attempt) {
        long ended = attempt.sentNanos() + attempt.elapsedNanos(endedNanos);
        add(
                attempt.sentNanos(),
                ended,
                "attempt",
                attempt.number(),
                attempt.target()
                        + (attempt.isProbe() ? ", a probe" : "")
                        + (attempt.seam() > 0 ? ", goes on where the answer broke" : ""));
        boolean overOpen = attempt.enteredNanos(Phase.CONNECTING).isEmpty()
                && attempt.enteredNanos(Phase.SENDING).isPresent();
        for (Phase phase : TRAVELLED) {
            OptionalLong at = attempt.enteredNanos(phase);
            if (at.isPresent() && !(overOpen && phase == Phase.RESOLVING)) {
                String text = phase == Phase.CONNECTING
                        ? addresses(attempt)
                        : overOpen && phase == Phase.SENDING ? "over a connection that was open" : "";
                add(
                        at.getAsLong(),
                        Math.min(ended, after(attempt, phase, ended)),
                        phase.label(),
                        attempt.number(),
                        text);
            }
        }
        if (attempt.outcome().orElse(null) instanceof Outcome.Failed failed) {
            add(ended, ended, "failed", attempt.number(), failed.failure().describe() + named(attempt));
        } else if (attempt.outcome().isPresent()) {
            add(ended, ended, "completed", attempt.number(), named(attempt).strip());
        }
    }

    private static String named(Attempt attempt) {
        return attempt.requestId().isEmpty() ? "" : " [" + attempt.requestId() + "]";
    }

    private static String addresses(Attempt attempt) {
        List<String> words = new ArrayList<>();
        for (AddressTry each : attempt.addresses()) {
            words.add(each.address() + " " + each.answer().label()
                    + (each.problem().isEmpty() ? "" : " (" + each.problem() + ")"));
        }
        return String.join(", ", words);
    }

    /** When the phase after this one began. */
    private static long after(Attempt attempt, Phase phase, long ended) {
        return TRAVELLED.stream()
                .filter(next -> next.ordinal() > phase.ordinal())
                .map(attempt::enteredNanos)
                .filter(OptionalLong::isPresent)
                .mapToLong(OptionalLong::getAsLong)
                .min()
                .orElse(ended);
    }

    /** A pause lasts until something is sent, or until the call waits for something else. */
    private long next(long fromNanos) {
        LongStream sent = call.attempts().stream().mapToLong(Attempt::sentNanos).filter(at -> at - fromNanos >= 0);
        LongStream waits =
                call.diary().waits().stream().mapToLong(Diary.Waited::fromNanos).filter(at -> at - fromNanos > 0);
        return LongStream.concat(sent, waits).min().orElse(endedNanos);
    }

    private void add(long fromNanos, long untilNanos, String what, int attempt, String text) {
        moments.add(new Moment(
                (fromNanos - beganNanos) / MICRO, Math.max(0, untilNanos - fromNanos) / MICRO, what, attempt, text));
    }
}
