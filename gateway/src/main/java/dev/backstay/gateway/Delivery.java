package dev.backstay.gateway;

import dev.backstay.client.Problem;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.GiveUp;
import dev.backstay.core.Outcome;
import dev.backstay.core.Result;
import dev.backstay.core.StreamPolicy;
import dev.backstay.wire.Answer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the caller gets, however many attempts it takes: each piece as it comes, or all at the end, or parts put together. Belongs to
 * its loop's thread.
 */
final class Delivery implements Arrival.Sink {

    private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] WAITING =
            ": backstay is waiting for the answer\n\n".getBytes(StandardCharsets.US_ASCII);

    private static final Duration STARTS = Duration.ofSeconds(30);

    private final Inbound inbound;
    private final CallerWriter writer;
    private final ByteBufAllocator memory;
    private final @Nullable Continuation continuation;
    private byte @Nullable [] rest;
    private boolean begun;
    private boolean hasPart;
    private boolean inLaterPart;
    private boolean wroteLately;
    private HttpHeaders lastHeaders = EmptyHttpHeaders.INSTANCE;
    private long eventsStreamed;

    Delivery(Inbound inbound, CallerWriter writer, ByteBufAllocator memory) {
        this.inbound = inbound;
        this.writer = writer;
        this.memory = memory;
        this.continuation = inbound.stream() == StreamPolicy.RESUME
                ? new Continuation(inbound.endpoint().orElseThrow())
                : null;
    }

    /** Whether the text of answers is needed, because they may have to be continued. */
    boolean collects() {
        return continuation != null;
    }

    /** Whether this answer goes on where another broke, and does not begin anew; empty while it cannot be told. */
    Optional<Boolean> goesOn(Answer answer) {
        return continuation == null || !hasPart
                ? Optional.of(true)
                : continuation.beginsAnew(answer.text().orElse("")).map(anew -> !anew);
    }

    /** From now on the caller gets this arrival: behind what there is already, or from its head. */
    void begin(Arrival arrival, int attempts) {
        if (arrival.answer().outcome().isPresent()) {
            arrival.answer().flaw().ifPresent(flaw -> writer.warn(flaw.label()));
        }
        if (hasPart) {
            inLaterPart = true;
            writer.piece(Unpooled.copiedBuffer(Continuation.MARK, StandardCharsets.US_ASCII));
        } else if (!begun) {
            writer.begin(arrival.head(), length(arrival), attempts);
        }
        begun = true;
        hasPart = true;
    }

    /** How long the body will be, where that is known by now. */
    private long length(Arrival arrival) {
        Answer answer = arrival.answer();
        if (inbound.endpoint().isEmpty()) {
            return arrival.reader().isPacked()
                    ? CallerWriter.UNKNOWN_LENGTH
                    : HttpUtil.getContentLength(arrival.head(), CallerWriter.UNKNOWN_LENGTH);
        }
        boolean whole = answer.outcome().orElse(null) instanceof Outcome.Completed
                && answer.gaps().isEmpty();
        return whole && continuation == null ? answer.releasable() : CallerWriter.UNKNOWN_LENGTH;
    }

    @Override
    public void take(ByteBuf bytes) {
        wroteLately = true;
        if (continuation == null) {
            writer.piece(bytes);
        } else if (inLaterPart) {
            writer.piece(continuation.relay(bytes, memory));
        } else {
            continuation.identify(bytes);
            writer.piece(bytes);
        }
    }

    /** How an attempt failed: what the caller gets part of goes on only if the rest can be asked for. */
    Failure broken(Arrival arrival, Failure failure) {
        return arrival.delivers() && continuation != null && !asksForRest(arrival)
                ? failure.withServerWish(failure.hint(), Optional.of(false))
                : failure;
    }

    private boolean asksForRest(Arrival arrival) {
        Continuation parts = continuation;
        Optional<String> text = arrival.answer().text();
        if (parts == null || text.isEmpty()) {
            return false;
        }
        parts.broke(text.get(), arrival.answer().contentEvents());
        rest = parts.request(Continuation.stream(inbound.body())).orElse(null);
        return rest != null;
    }

    /** What the next attempt sends: the caller's request, or what asks for the rest. */
    ByteBuf request() {
        byte[] continuing = rest;
        return continuing == null ? inbound.body() : Unpooled.wrappedBuffer(continuing);
    }

    /** Whether the next attempt asks for the rest. */
    boolean continues() {
        return rest != null;
    }

    /** This arrival is let go of. Its headers, and how much came, are still of use. */
    void leave(Arrival arrival) {
        if (arrival.hasHead()) {
            lastHeaders = arrival.head().headers();
            eventsStreamed += arrival.answer().contentEvents();
        }
    }

    /** How many events with something of an answer have come, of all arrivals. */
    long eventsStreamed() {
        return eventsStreamed;
    }

    /** The answer is whole. Who waits for a last word that the API did not send gets it. */
    void end(Arrival arrival) {
        if (inbound.streams() && !arrival.answer().saidSo()) {
            writer.piece(Unpooled.wrappedBuffer(DONE));
        }
        writer.end();
    }

    /**
     * The call failed: who has part of an answer sees it end, and who has nothing gets the API's own word, or ours.
     *
     * @param from what the last attempt has brought, if there is one
     */
    void fail(Result.Failed failed, int attempts, @Nullable Arrival from) {
        Problem problem = Problem.of(failed, attempts);
        if (failed.reason() == GiveUp.CANCELLED) {
            writer.giveUp(problem);
        } else if (begun) {
            writer.breakOff(problem, inbound.dialect(), inbound.peek().streamed());
        } else if (from != null && from.reader().bodyEnded() && isItsOwnWord(failed, from)) {
            writer.forwardRefusal(from.head(), from.takeAll(), attempts);
        } else {
            HttpHeaders answer = from != null && from.hasHead() ? from.head().headers() : lastHeaders;
            writer.problem(problem, hint(failed.failure()), answer);
        }
    }

    /** Who starts says seldom for how long; it is minutes, so an SDK that comes again at once comes in vain. */
    private static Optional<Duration> hint(Failure failure) {
        return failure.kind() == FailureKind.NOT_READY ? failure.hint().or(() -> Optional.of(STARTS)) : failure.hint();
    }

    /** A redirection of an inference is a mistake in our settings, which the caller can do nothing about. */
    private boolean isItsOwnWord(Result.Failed failed, Arrival from) {
        int status = from.head().status().code();
        return failed.reason() == GiveUp.NOT_RETRYABLE
                && status == failed.failure().status()
                && (status >= 400 || inbound.endpoint().isEmpty());
    }

    /** Tells a caller who waits for a stream that somebody is there; a head that is out by then says nothing about the answer. */
    void comfort(int attempts) {
        if (!wroteLately && writer.isWritable()) {
            if (!begun) {
                begun = true;
                writer.beginEvents(attempts);
            }
            writer.piece(Unpooled.wrappedBuffer(WAITING));
            writer.flush();
        }
        wroteLately = false;
    }

    /** How often to do that; empty: never. */
    Optional<Duration> comfortEvery() {
        return inbound.peek().streamed() ? inbound.way().config().keepAlive() : Optional.empty();
    }
}
