package dev.backstay.gateway;

import dev.backstay.wire.Answer;
import dev.backstay.wire.AttemptReader;
import dev.backstay.wire.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpResponse;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one attempt has brought so far: its head, and the bytes that the caller has not been given. What they mean is for its
 * {@link AttemptReader} to say. Belongs to its loop's thread.
 */
final class Arrival {

    /** Takes over bytes that may go on. */
    interface Sink {
        void take(ByteBuf bytes);
    }

    private final AttemptReader reader;
    private @Nullable HttpResponse head;
    private @Nullable ByteBuf held;

    Arrival(AttemptReader reader) {
        this.reader = reader;
    }

    AttemptReader reader() {
        return reader;
    }

    /** What the body proves to be; there is a head. */
    Answer answer() {
        return reader.answer().orElseThrow();
    }

    HttpResponse head() {
        return Objects.requireNonNull(head);
    }

    /** The head is here. */
    void head(HttpResponse first, long nowNanos) {
        head = first;
        Headers headers = name -> Optional.ofNullable(first.headers().get(name));
        reader.head(first.status().code(), headers, Instant.now(), nowNanos);
    }

    /** Reads more; what may go on at once goes to the sink if there is one, and the rest is held. */
    void read(ByteBuf bytes, @Nullable Sink sink, long nowNanos) {
        if (reader.isPacked()) {
            reader.unpack(bytes.nioBuffer(), piece -> {
                ByteBuf plain = bytes.alloc().buffer(piece.remaining()).writeBytes(piece);
                readPlain(plain, sink, nowNanos);
                plain.release();
            });
        } else {
            readPlain(bytes, sink, nowNanos);
        }
    }

    private void readPlain(ByteBuf bytes, @Nullable Sink sink, long nowNanos) {
        reader.bytes(bytes.nioBuffer(), nowNanos);
        int size = bytes.readableBytes();
        if (sink != null && held == null && reader.toSkip() == 0 && reader.toGive() == size) {
            reader.passed(size);
            sink.take(bytes.retain());
        } else {
            hold(bytes);
        }
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

    /** Gives the sink what may go on by now. */
    void release(Sink sink) {
        skip();
        for (int more = (int) reader.toGive(); more > 0 && held != null; more = (int) reader.toGive()) {
            give(held, more, sink);
            skip();
        }
    }

    private void give(ByteBuf all, int more, Sink sink) {
        reader.passed(more);
        if (more == all.readableBytes()) {
            held = null;
            sink.take(all);
        } else {
            sink.take(all.readBytes(more)); // a copy: what stays behind moves to the front
            all.discardReadBytes();
        }
    }

    private void skip() {
        int more = (int) reader.toSkip();
        ByteBuf all = held;
        if (all != null && more > 0) {
            reader.passed(more);
            all.skipBytes(more);
        }
    }

    /** What is still held is let go. */
    void drop() {
        if (held != null) {
            held.release();
            held = null;
        }
    }
}
