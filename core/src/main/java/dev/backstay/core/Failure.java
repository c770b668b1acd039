package dev.backstay.core;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong with one attempt, or with a call that was never sent.
 *
 * <p>Immutable.
 *
 * @param kind the row of {@link FailureKind}
 * @param phase where it happened
 * @param acknowledged whether the server saw the request
 * @param status the HTTP status, or {@link #NO_STATUS}
 * @param message what the server or the transport said, shortened; empty if nothing. Never a prompt or a key.
 * @param hint how long the server asked us to wait, if it did
 * @param again what the server said about trying again ({@code x-should-retry}), if it did
 */
public record Failure(
        FailureKind kind,
        Phase phase,
        Acknowledged acknowledged,
        int status,
        String message,
        Optional<Duration> hint,
        Optional<Boolean> again) {

    /** No answer, so no status. */
    public static final int NO_STATUS = 0;

    /** The longest {@link #message} kept, in characters. */
    public static final int MESSAGE_LIMIT = 300;

    /** The longest hint kept; nobody waits so long, and it can be reckoned with. */
    public static final Duration LONGEST_HINT = Duration.ofDays(365);

    /** What is too long is cut: the message at {@link #MESSAGE_LIMIT}, the hint to 0 … {@link #LONGEST_HINT}. */
    public Failure {
        if (message.length() > MESSAGE_LIMIT) {
            message = message.substring(0, MESSAGE_LIMIT) + "…";
        }
        if (hint.isPresent() && hint.get().compareTo(LONGEST_HINT) > 0) {
            hint = Optional.of(LONGEST_HINT);
        } else if (hint.isPresent() && hint.get().isNegative()) {
            hint = Optional.of(Duration.ZERO);
        }
    }

    /** A failure of the transport: the phase says whether the server saw it. */
    public static Failure of(FailureKind kind, Phase phase, String message) {
        return new Failure(kind, phase, phase.acknowledged(), NO_STATUS, message, Optional.empty(), Optional.empty());
    }

    /** The connection was lost in this phase. */
    public static Failure lost(Phase phase, String message) {
        return of(phase.whenLost(), phase, message);
    }

    /** The phase's clock ran out. */
    public static Failure timedOut(Phase phase, String message) {
        return of(phase.whenTimedOut(), phase, message);
    }

    /** An answer with a status that says no: the server saw it. */
    public static Failure answered(FailureKind kind, int status, String message) {
        return new Failure(kind, Phase.AWAITING, Acknowledged.YES, status, message, Optional.empty(), Optional.empty());
    }

    /** The same failure with the server's wish about when and whether to come back. */
    public Failure withServerWish(Optional<Duration> newHint, Optional<Boolean> newAgain) {
        return new Failure(kind, phase, acknowledged, status, message, newHint, newAgain);
    }

    /** The same failure, with what is known about the server having seen it. */
    public Failure withAcknowledged(Acknowledged known) {
        return new Failure(kind, phase, known, status, message, hint, again);
    }

    /**
     * What a call has to tell that failed like this after it had failed like that before: that a deadline cut the last try says less than
     * what went wrong before, unless nothing did.
     */
    Failure after(@Nullable Failure before) {
        if (before == null || kind != FailureKind.DEADLINE_EXCEEDED) {
            return this;
        }
        Acknowledged most = acknowledged.compareTo(before.acknowledged) > 0 ? acknowledged : before.acknowledged;
        String words = before.message.isEmpty() ? "" : before.message + "; ";
        return new Failure(
                before.kind,
                before.phase,
                most,
                before.status,
                words + "the last try was cut, because " + message,
                Optional.empty(),
                before.again);
    }

    /** How often this may be answered with another try in one call. The server's word goes before the table's. */
    int retriesAllowed() {
        if (again.isPresent()) {
            return again.get() ? Integer.MAX_VALUE : 0;
        }
        return kind.again().times();
    }

    /** One line for people: kind, phase, whether it was seen, what was said, what to do. */
    public String describe() {
        StringBuilder line = new StringBuilder(kind.label()).append(" while ").append(phase.label());
        if (status != NO_STATUS) {
            line.append(", HTTP ").append(status);
        }
        line.append(", acknowledged: ").append(acknowledged.label());
        if (!message.isEmpty()) {
            line.append(": ").append(message);
        }
        return line.append(" (").append(kind.advice()).append(')').toString();
    }
}
