package dev.backstay.client;

import dev.backstay.core.Outcome;
import dev.backstay.wire.AttemptReader;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The answer of one attempt as it comes: where its bytes come from, and what of them was not handed on yet. What they mean is for its
 * {@link AttemptReader} to say. Belongs to the thread that reads.
 */
final class Reception {

    private final Incoming incoming;
    private final AttemptReader reader;
    private final Kept kept;

    Reception(Ask ask, Incoming incoming, AttemptReader reader) {
        this.incoming = incoming;
        this.reader = reader;
        this.kept = !reader.refused() && ask.into().isPresent()
                ? new Kept.InFile(ask.into().get())
                : new Kept.InMemory();
    }

    /** Waits for the next bytes. How many, or {@link Incoming#END}. */
    int next(byte[] piece) throws InterruptedException, Broken {
        return incoming.read(piece);
    }

    /** Keeps bytes that have come, unpacked if they are packed, and has them read. */
    void take(byte[] piece, int length, long nowNanos) {
        ByteBuffer raw = ByteBuffer.wrap(piece, 0, length);
        if (reader.isPacked()) {
            reader.unpack(raw, plain -> keep(plain, nowNanos));
        } else {
            keep(raw, nowNanos);
        }
    }

    private void keep(ByteBuffer plain, long nowNanos) {
        kept.add(plain.array(), plain.arrayOffset() + plain.position(), plain.remaining());
        reader.bytes(plain, nowNanos);
    }

    /** How many bytes {@link #take} has. */
    int ready() {
        return (int) Math.min(Integer.MAX_VALUE, reader.toGive());
    }

    /** Hands on up to this much of what is {@linkplain #ready ready}. */
    int take(byte[] into, int from, int length) {
        skip();
        int size = Math.min(ready(), length);
        ((Kept.InMemory) kept).take(into, from, size);
        reader.passed(size);
        skip();
        return size;
    }

    private void skip() {
        long more = reader.toSkip();
        if (more > 0) {
            ((Kept.InMemory) kept).skip((int) more);
            reader.passed(more);
        }
    }

    /** Its status and its headers. */
    Reply head() {
        return new Reply(incoming.status(), headers(), new byte[0]);
    }

    /** Of what is handed on, which is no longer packed. */
    private Map<String, List<String>> headers() {
        if (!reader.isPacked()) {
            return incoming.headers();
        }
        Map<String, List<String>> plain = new HashMap<>(incoming.headers());
        plain.remove("content-encoding");
        plain.remove("content-length");
        return plain;
    }

    /** All of it that was not handed on. */
    Reply whole() {
        if (kept instanceof Kept.InMemory && !reader.refused()) {
            byte[] all = new byte[(int) reader.left()];
            for (int at = 0; ready() > 0; ) {
                at += take(all, at, all.length - at);
            }
            return new Reply(incoming.status(), headers(), all);
        }
        return new Reply(incoming.status(), headers(), kept.whole());
    }

    /** It broke: nothing of it stays. */
    void drop() {
        kept.drop();
    }

    /** Gives its connection back, if it can be used again. */
    void close() {
        incoming.close(reader.bodyEnded() || reader.outcome().orElse(null) instanceof Outcome.Completed);
    }
}
