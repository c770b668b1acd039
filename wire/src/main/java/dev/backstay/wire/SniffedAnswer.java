package dev.backstay.wire;

import dev.backstay.core.AnswerHabits;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A good answer to a request for events whose type does not say that it is a stream. Some servers send events as plain text, as JSON, or
 * without a type (agentgateway#1490), so the first byte of its text tells: JSON begins with a brace, a page with a tag, and events with a
 * word or a colon. Empty lines before it are signs of life and tell nothing.
 */
final class SniffedAnswer implements Answer {

    /** Of {@code data}, {@code event}, {@code id}, {@code retry}, and a comment. */
    private static final String EVENTS_BEGIN = "deir:";

    private static final String EMPTY_LINES = "\r\n";

    private final Supplier<Answer> stream;
    private final Answer whole;
    private @Nullable Answer known;
    private int lineEnds;

    SniffedAnswer(Reading reading, AnswerHabits habits, Headers headers, Instant now) {
        this.stream = () -> new StreamedAnswer(reading, habits, headers, now);
        this.whole = new WholeAnswer(reading, headers, now);
    }

    private Answer known() {
        return known == null ? whole : known;
    }

    @Override
    public void read(ByteBuffer piece) {
        while (known == null && piece.hasRemaining()) {
            int first = piece.get(piece.position());
            if (EMPTY_LINES.indexOf(first) >= 0) {
                piece.get();
                lineEnds++;
            } else {
                known = EVENTS_BEGIN.indexOf(first) >= 0 ? stream.get() : whole;
                known.read(skipped());
            }
        }
        if (known != null) {
            known.read(piece);
        }
    }

    /** What was not read while it was not known who reads: it counts among the bytes. */
    private ByteBuffer skipped() {
        byte[] lines = new byte[lineEnds];
        Arrays.fill(lines, (byte) '\n');
        return ByteBuffer.wrap(lines);
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
