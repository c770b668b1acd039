package dev.backstay.gateway;

import dev.backstay.wire.Answer;
import dev.backstay.wire.Classifier;
import dev.backstay.wire.Endpoint;
import dev.backstay.wire.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What one attempt has brought so far: its head, what its body proves to be, and the bytes that the caller has not been given.
 * Belongs to its loop's thread.
 */
final class Arrival {

    /** Takes over bytes that may go on. */
    interface Sink {
        void take(ByteBuf bytes);
    }

    private final HttpResponse head;
    private final Answer answer;
    private @Nullable ByteBuf held;
    private long released;
    private boolean ended;

    private Arrival(HttpResponse head, Answer answer) {
        this.head = head;
        this.answer = answer;
    }

    /** What begins with this head. */
    static Arrival begin(
            HttpResponse head, Headers headers, Endpoint endpoint, boolean collecting, Classifier classifier) {
        int status = head.status().code();
        String type = headers.first("content-type").orElse("").toLowerCase(Locale.ROOT);
        boolean events = status == HttpResponseStatus.OK.code() && type.startsWith(Answer.EVENTS);
        return new Arrival(
                head,
                events
                        ? Answer.relayed(endpoint, collecting)
                        : Answer.of(endpoint, status, headers, classifier, Instant.now()));
    }

    HttpResponse head() {
        return head;
    }

    Answer answer() {
        return answer;
    }

    /** Whether the body has ended as HTTP says. */
    boolean ended() {
        return ended;
    }

    void end() {
        ended = true;
        answer.end();
    }

    /** Reads more; what may go on at once goes to the sink if there is one, and the rest is held. */
    void read(ByteBuf bytes, @Nullable Sink sink) {
        answer.read(bytes.nioBuffer());
        int size = bytes.readableBytes();
        if (sink != null
                && held == null
                && answer.releasable() - released == size
                && answer.gaps().isEmpty()) {
            released += size;
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

    /** How many bytes are held. */
    int held() {
        return held == null ? 0 : held.readableBytes();
    }

    /** All that is held, which now belongs to who asks; empty if nothing is. */
    ByteBuf takeAll() {
        ByteBuf all = held;
        held = null;
        return all == null ? Unpooled.EMPTY_BUFFER : all;
    }

    /** Leaves out what stands before the answer's first text. */
    void skipPreamble() {
        skip(answer.contentStart() - released);
    }

    /** Gives the sink what may go on by now. */
    void release(Sink sink) {
        for (Answer.Gap gap : answer.gaps()) {
            if (gap.to() > released) {
                give(gap.from() - released, sink);
                skip(gap.to() - released);
            }
        }
        give(answer.releasable() - released, sink);
    }

    private void give(long more, Sink sink) {
        ByteBuf all = held;
        if (all == null || more <= 0) {
            return;
        }
        released += more;
        if (more == all.readableBytes()) {
            held = null;
            sink.take(all);
        } else {
            sink.take(all.readBytes((int) more)); // a copy: what stays behind moves to the front
            all.discardReadBytes();
        }
    }

    private void skip(long more) {
        ByteBuf all = held;
        if (all != null && more > 0) {
            released += more;
            all.skipBytes((int) more);
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
