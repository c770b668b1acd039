package dev.backstay.wire;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.AnswerHabits;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import dev.backstay.core.Usage;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An answer that comes as server-sent events. It has started with the first event that carries something of the answer,
 * and is complete when it says so ({@code [DONE]}, a last typed event) or, if the stream just ends, when every choice has
 * given its {@code finish_reason}. Anything else is a broken stream and is never called complete.
 *
 * <p>Only whole events are releasable, so what a caller gets never ends in the middle of one.
 */
final class StreamedAnswer implements Answer {

    /** More events than this that are not JSON, and it is no stream of events. */
    private static final int GAPS_LIMIT = 16;

    private static final String NOT_JSON = "an event of the stream is not JSON";

    private final SseFramer framer = new SseFramer(this::event);
    private final StreamTruth truth;
    private final Reading reading;
    private final AnswerHabits habits;
    private final Headers headers;
    private final Instant now;
    private List<Gap> gaps = List.of();
    private Optional<String> textBefore = Optional.empty();
    private long contentBefore;
    private boolean started;
    private boolean ended;
    private long progress;
    private long contentEvents;
    private long contentStart;
    private long releasable;
    private @Nullable Outcome outcome;

    StreamedAnswer(Reading reading, AnswerHabits habits, Headers headers, Instant now) {
        this.reading = reading;
        this.habits = habits;
        this.headers = headers;
        this.now = now;
        this.truth = new StreamTruth(
                reading.endpoint().orElseThrow().dialect(), reading.peek().choices(), reading.collecting());
    }

    @Override
    public void read(ByteBuffer piece) {
        if (outcome != null) {
            return;
        }
        framer.read(piece);
        if (framer.overflowed()) {
            fail(FailureKind.MALFORMED_ANSWER, "an event is larger than " + SseFramer.EVENT_LIMIT + " bytes");
        }
        if (outcome == null) {
            releasable = gaps.isEmpty() ? framer.complete() : gaps.get(0).from();
            started |= releasable > HOLD_LIMIT;
            if (ended) {
                complete();
            }
        }
    }

    private void event(String name, byte[] data, int length) {
        if (ended || outcome != null) {
            return;
        }
        switch (truth.event(name, data, length)) {
            case PREAMBLE -> progress += started ? 1 : 0;
            case PING -> {}
            case CONTENT -> {
                started = true;
                contentStart = contentEvents == 0 ? framer.complete() : contentStart;
                contentEvents++;
                progress++;
            }
            case END -> {
                started = true;
                ended = true;
            }
            case ERROR -> fail(truth.error().failure(reading.classifier(), headers, now, phase()));
            case MALFORMED -> malformed();
        }
    }

    /** Left out; whether something is missing without it shows at the end, so nothing behind it is passed on before. */
    private void malformed() {
        if (!started || gaps.size() == GAPS_LIMIT) {
            fail(FailureKind.MALFORMED_ANSWER, NOT_JSON);
            return;
        }
        if (gaps.isEmpty()) {
            gaps = new ArrayList<>();
            textBefore = truth.text();
            contentBefore = contentEvents;
        }
        gaps.add(new Gap(framer.complete(), framer.read()));
    }

    /** It says that it is over: then each choice has said why it ended, unless this server never does. */
    private boolean isWhole() {
        if (!truth.hasChoices() || truth.seenFinished()) {
            habits.namedReason();
            return true;
        }
        habits.namedNoReason();
        return habits.neverNamesReason();
    }

    /** With a gap, an answer is whole only if there are as many events with text as the server counted tokens. */
    private void complete() {
        if (ended && !isWhole()) {
            fail(
                    FailureKind.STREAM_TRUNCATED,
                    "the stream says that it is over, but not why each of its choices ended");
        } else if (gaps.isEmpty()
                || truth.finished()
                        && truth.usage().completionTokens() > 0
                        && truth.textEvents() >= truth.usage().completionTokens()) {
            releasable = framer.complete();
            outcome = new Outcome.Completed(truth.usage());
        } else {
            fail(FailureKind.MALFORMED_ANSWER, NOT_JSON + ", and the answer is not whole without it");
        }
    }

    @Override
    public void end() {
        if (outcome != null) {
            return;
        }
        if (truth.hasChoices() && truth.seenFinished() || !gaps.isEmpty()) {
            complete();
        } else {
            fail(
                    FailureKind.STREAM_TRUNCATED,
                    "the stream just ended, without an end marker and without a finish_reason");
        }
    }

    private void fail(FailureKind kind, String message) {
        fail(Failure.of(kind, phase(), message).withAcknowledged(Acknowledged.YES));
    }

    private void fail(Failure failure) {
        releasable = gaps.isEmpty() ? framer.complete() : releasable;
        outcome = new Outcome.Failed(failure);
    }

    @Override
    public Optional<FailureKind> flaw() {
        return truth.flaw(reading.endpoint().orElseThrow());
    }

    @Override
    public boolean finishedForGood() {
        return truth.finished() && !truth.finishedBefore();
    }

    @Override
    public boolean owesLastWord() {
        return reading.peek().wantsUsage() && truth.usage().equals(Usage.NONE);
    }

    @Override
    public boolean started() {
        return started;
    }

    @Override
    public long releasable() {
        return releasable;
    }

    @Override
    public long contentEvents() {
        return gaps.isEmpty() ? contentEvents : contentBefore;
    }

    @Override
    public long contentStart() {
        return contentStart;
    }

    @Override
    public boolean finished() {
        return truth.finished();
    }

    @Override
    public boolean saidSo() {
        return ended;
    }

    @Override
    public List<Gap> gaps() {
        return gaps;
    }

    @Override
    public Optional<String> text() {
        return gaps.isEmpty() ? truth.text() : textBefore;
    }

    @Override
    public long progress() {
        return progress;
    }

    @Override
    public Optional<Outcome> outcome() {
        return Optional.ofNullable(outcome);
    }
}
