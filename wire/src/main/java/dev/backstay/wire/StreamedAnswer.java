package dev.backstay.wire;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import java.nio.ByteBuffer;
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

    private final SseFramer framer = new SseFramer(this::event);
    private final StreamTruth truth;
    private boolean started;
    private boolean ended;
    private long progress;
    private long contentEvents;
    private long contentStart;
    private long releasable;
    private @Nullable Outcome outcome;

    StreamedAnswer(Endpoint.Dialect dialect) {
        this.truth = new StreamTruth(dialect);
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
            releasable = framer.complete();
            started |= releasable > HOLD_LIMIT;
            if (ended) {
                outcome = new Outcome.Completed(truth.usage());
            }
        }
    }

    private void event(String name, byte[] data, int length) {
        if (ended || outcome != null) {
            return;
        }
        switch (truth.event(data, length)) {
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
            case ERROR -> fail(FailureKind.STREAM_ERROR, truth.errorMessage());
            case MALFORMED -> fail(FailureKind.MALFORMED_ANSWER, "an event of the stream is not JSON");
        }
    }

    @Override
    public void end() {
        if (outcome != null) {
            return;
        }
        if (truth.finished()) {
            outcome = new Outcome.Completed(truth.usage());
        } else {
            fail(
                    FailureKind.STREAM_TRUNCATED,
                    "the stream just ended, without an end marker and without a finish_reason");
        }
    }

    private void fail(FailureKind kind, String message) {
        releasable = framer.complete();
        outcome = new Outcome.Failed(Failure.of(kind, phase(), message).withAcknowledged(Acknowledged.YES));
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
        return contentEvents;
    }

    @Override
    public long contentStart() {
        return contentStart;
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
