package dev.backstay.gateway;

import dev.backstay.core.AddressTry;
import dev.backstay.core.Phase;
import dev.backstay.core.Signal;
import dev.backstay.core.Ticker;
import dev.backstay.wire.Answer;
import dev.backstay.wire.AttemptReader;
import dev.backstay.wire.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one attempt has brought so far: its head, and the bytes that the caller has not been given. What they mean is for its
 * {@link AttemptReader} to say, and what to do about it for its {@link Exchange}. Belongs to its loop's thread.
 */
final class Arrival implements UpstreamAttempt.Listener {

    private static final int REFUSED = 400;

    /** Takes over bytes that may go on. */
    interface Sink {
        void take(ByteBuf bytes);
    }

    private final Exchange exchange;
    private final AttemptReader reader;
    private final Ticker ticker;
    private @Nullable HttpResponse head;
    private @Nullable Sink sink;
    private @Nullable ByteBuf held;
    private boolean dropped;

    Arrival(Exchange exchange, AttemptReader reader, Ticker ticker) {
        this.exchange = exchange;
        this.reader = reader;
        this.ticker = ticker;
    }

    AttemptReader reader() {
        return reader;
    }

    /** What the body proves to be; there is a head. */
    Answer answer() {
        return reader.answer().orElseThrow();
    }

    boolean hasHead() {
        return head != null;
    }

    HttpResponse head() {
        return Objects.requireNonNull(head);
    }

    @Override
    public void entered(Phase phase) {
        exchange.tell(new Signal.Entered(reader.attempt(), phase));
        exchange.guard();
    }

    @Override
    public void tried(AddressTry what) {
        exchange.tell(new Signal.Tried(reader.attempt(), what));
    }

    @Override
    public void moved() {
        reader.attempt().progress(ticker.nanos());
    }

    @Override
    public void head(HttpResponse first) {
        if (reader.attempt().phase() == Phase.SENDING) {
            entered(Phase.AWAITING); // it answers before it has read everything
        }
        if (!dropped) {
            head = first;
            Headers headers = name -> Optional.ofNullable(first.headers().get(name));
            boolean mayTellATime =
                    first.status().code() >= REFUSED || first.headers().contains(HttpHeaderNames.RETRY_AFTER);
            Instant now = mayTellATime ? Instant.now() : Instant.EPOCH; // a clock is not read for nothing
            reader.head(first.status().code(), headers, now, ticker.nanos());
            exchange.hear(this);
        }
    }

    /** What may go on at once goes to the sink if there is one, and the rest is held. */
    @Override
    public void content(ByteBuf bytes) {
        if (reader.isPacked()) {
            reader.unpack(bytes.nioBuffer(), piece -> {
                ByteBuf plain = bytes.alloc().buffer(piece.remaining()).writeBytes(piece);
                read(plain);
                plain.release();
            });
        } else {
            read(bytes);
        }
        exchange.hear(this);
    }

    private void read(ByteBuf bytes) {
        reader.bytes(bytes.nioBuffer(), ticker.nanos());
        int size = bytes.readableBytes();
        if (sink != null
                && held == null
                && reader.allotment().toSkip() == 0
                && reader.allotment().toGive() == size) {
            reader.allotment().passed(size);
            sink.take(bytes.retain());
        } else {
            hold(bytes);
        }
    }

    @Override
    public void end() {
        reader.end(ticker.nanos());
        exchange.hear(this);
    }

    @Override
    public void lost(String why, boolean reused) {
        reader.lost(why, reused, ticker.nanos());
        exchange.hear(this);
    }

    @Override
    public void notHttp(String why) {
        reader.notHttp(why, ticker.nanos());
        exchange.hear(this);
    }

    @Override
    public void untrusted(String why) {
        reader.untrusted(why);
        exchange.hear(this);
    }

    /** The moment has come to which the reader wanted to wait. */
    void due() {
        reader.due(ticker.nanos());
        exchange.hear(this);
    }

    @Override
    public void flush() {
        exchange.writer().flush();
    }

    /** From now on what may go on goes there. */
    void deliverTo(Sink to) {
        sink = to;
        reader.deliver();
    }

    boolean delivers() {
        return sink != null;
    }

    /** Copies, so that an answer in many small pieces costs its bytes and not its pieces. */
    private void hold(ByteBuf bytes) {
        ByteBuf all = held;
        if (all == null) {
            all = bytes.alloc().buffer(bytes.readableBytes());
            held = all;
        }
        all.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
    }

    /** All that is held, which now belongs to who asks; empty if nothing is. */
    ByteBuf takeAll() {
        ByteBuf all = held;
        held = null;
        return all == null ? Unpooled.EMPTY_BUFFER : all;
    }

    /** Gives the sink, if there is one, what may go on by now. */
    void release() {
        Sink to = sink;
        if (to == null) {
            return;
        }
        skip();
        for (int more = (int) reader.allotment().toGive();
                more > 0 && held != null;
                more = (int) reader.allotment().toGive()) {
            give(held, more, to);
            skip();
        }
    }

    private void give(ByteBuf all, int more, Sink to) {
        reader.allotment().passed(more);
        if (more == all.readableBytes()) {
            held = null;
            to.take(all);
        } else {
            to.take(all.readBytes(more)); // a copy: what stays behind moves to the front
            all.discardReadBytes();
        }
    }

    private void skip() {
        int more = (int) reader.allotment().toSkip();
        ByteBuf all = held;
        if (all != null && more > 0) {
            reader.allotment().passed(more);
            all.skipBytes(more);
        }
    }

    /** What is still held is let go, and nothing more is taken. */
    void drop() {
        dropped = true;
        if (held != null) {
            held.release();
            held = null;
        }
    }
}
