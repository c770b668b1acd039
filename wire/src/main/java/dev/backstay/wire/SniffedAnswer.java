package dev.backstay.wire;

import dev.backstay.core.AnswerHabits;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A good answer to a request for events whose type does not say that it is a stream. Some servers send events as plain text, as JSON, or
 * without a type (agentgateway#1490), so its first byte tells: JSON begins with a brace, a page with a tag, and events with a word or a
 * colon.
 */
final class SniffedAnswer implements Answer {

    /** Of {@code data}, {@code event}, {@code id}, {@code retry}, a comment, and an empty line. */
    private static final String EVENTS_BEGIN = "deir:\n\r";

    private final Supplier<Answer> stream;
    private final Answer whole;
    private @Nullable Answer known;

    SniffedAnswer(Reading reading, AnswerHabits habits, Headers headers, Instant now) {
        this.stream = () -> new StreamedAnswer(reading, habits, headers, now);
        this.whole = new WholeAnswer(reading, headers, now);
    }

    private Answer known() {
        return known == null ? whole : known;
    }

    @Override
    public void read(ByteBuffer piece) {
        if (known == null) {
            known = piece.hasRemaining() && EVENTS_BEGIN.indexOf(piece.get(piece.position())) >= 0
                    ? stream.get()
                    : whole;
        }
        known().read(piece);
    }

    @Override
    public void end() {
        known().end();
    }

    @Override
    public boolean started() {
        return known().started();
    }

    @Override
    public long releasable() {
        return known().releasable();
    }

    @Override
    public long progress() {
        return known().progress();
    }

    @Override
    public long contentEvents() {
        return known().contentEvents();
    }

    @Override
    public long contentStart() {
        return known().contentStart();
    }

    @Override
    public List<Gap> gaps() {
        return known().gaps();
    }

    @Override
    public boolean finished() {
        return known().finished();
    }

    @Override
    public boolean finishedForGood() {
        return known().finishedForGood();
    }

    @Override
    public boolean owesLastWord() {
        return known().owesLastWord();
    }

    @Override
    public boolean saidSo() {
        return known().saidSo();
    }

    @Override
    public Optional<FailureKind> flaw() {
        return known().flaw();
    }

    @Override
    public Optional<String> text() {
        return known().text();
    }

    @Override
    public Optional<Outcome> outcome() {
        return known().outcome();
    }
}
