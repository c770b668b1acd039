package dev.backstay.wire;

import dev.backstay.core.AnswerHabits;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One answer, read from its head to its end, and what it has proved to be so far.
 *
 * <p>The driver keeps the bytes and asks after each piece: has it {@link #started} (then the caller may have it), how much
 * of it is {@link #releasable}, is there an {@link #outcome}. Not thread-safe.
 */
public interface Answer {

    /** Bytes that are held back before an answer counts as started whatever it is. */
    int HOLD_LIMIT = 1024 * 1024;

    /** The type of a stream of events. */
    String EVENTS = "text/event-stream";

    /** Reads the next piece of the body. Nothing is read once there is an outcome. */
    void read(ByteBuffer piece);

    /** The body ended as HTTP says it should. A connection that broke is the driver's to report, not this. */
    void end();

    /** Whether the answer has shown itself to be good, so that the caller may have what was held back. */
    boolean started();

    /** How many bytes of the body, from its start, may be passed on by now. */
    long releasable();

    /** Grows with everything that counts as progress. Comments and pings do not. */
    long progress();

    /** Events that carried something of the answer, up to the first gap; 0 where there are no events. */
    default long contentEvents() {
        return 0;
    }

    /** Where in the body the first of them begins; what is before it is not part of the answer's text. */
    default long contentStart() {
        return 0;
    }

    /** Bytes in the middle that are not to be passed on, from the first to behind the last, in order. */
    record Gap(long from, long to) {}

    /**
     * What is to be left out of what is {@linkplain #releasable}; almost always nothing. Nothing behind the first one is releasable
     * before the answer has proved to be whole without it.
     */
    default List<Gap> gaps() {
        return List.of();
    }

    /** Whether all of it is here although nothing may have said so: only a last word, or what was used, can follow. */
    default boolean finished() {
        return false;
    }

    /** Whether a stream said that it is over, as it should. */
    default boolean saidSo() {
        return true;
    }

    /** The text so far, up to the first gap, if it was to be collected and is all that there is. */
    default Optional<String> text() {
        return Optional.empty();
    }

    /** How it ended; empty while it has not. */
    Optional<Outcome> outcome();

    /** Where an answer like this is on its journey. */
    default Phase phase() {
        return started() ? Phase.STREAMING : Phase.AWAITING;
    }

    /** What makes an answer that is whole of no use, if anything does. */
    default Optional<FailureKind> flaw() {
        return Optional.empty();
    }

    /** Whether every choice has ended for good: nothing came after an end before. */
    default boolean finishedForGood() {
        return finished();
    }

    /** Whether something is still to come that was asked for, although every choice has ended. */
    default boolean owesLastWord() {
        return false;
    }

    /**
     * A reader for the answer with this head, of which nothing else is known.
     *
     * @param endpoint what was asked
     * @param status the HTTP status
     * @param headers the headers
     * @param classifier who knows this provider's refusals
     * @param now the time on the wall, for dates in headers
     */
    static Answer of(Endpoint endpoint, int status, Headers headers, Classifier classifier, Instant now) {
        Reading reading = Reading.of(endpoint, classifier, RequestPeek.NO_BODY, Long.MAX_VALUE);
        return of(reading, new AnswerHabits(), false, status, headers, now);
    }

    /**
     * A reader for the answer with this head to a request that is read like this.
     *
     * @param habits what is usual about such answers, which learn from it
     * @param streamed whether events were asked for
     */
    static Answer of(Reading reading, AnswerHabits habits, boolean streamed, int status, Headers headers, Instant now) {
        if (status < 200 || status > 299) {
            return new RefusedAnswer(status, headers, reading.classifier(), now);
        }
        if (reading.endpoint().isEmpty()) {
            return new PlainAnswer(status, reading.json());
        }
        String type = headers.first("content-type").orElse("").toLowerCase(Locale.ROOT);
        if (type.startsWith(EVENTS)) {
            return new StreamedAnswer(reading, habits, headers, now);
        }
        return streamed ? new SniffedAnswer(reading, habits, headers, now) : new WholeAnswer(reading, headers, now);
    }
}
