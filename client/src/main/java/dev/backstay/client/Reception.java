package dev.backstay.client;

import dev.backstay.core.AddressTry;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Signal;
import dev.backstay.wire.AttemptReader;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One attempt as it goes and comes: tells its {@link Exchange} how far it is, reads its answer from the connection, and has what of that
 * was not handed on yet. What the bytes mean is for its {@link AttemptReader} to say.
 *
 * <p>Its exchange is the lock: the watch that looks whether it is late comes on another thread than who reads.
 */
final class Reception implements Sender.Journey {

    private static final int PIECE = 8 * 1024;

    private final Exchange exchange;
    private final Ask ask;
    private final Clock clock;
    private final AttemptReader reader;
    private final byte[] piece = new byte[PIECE];
    private Kept kept = new Kept.InMemory();
    private @Nullable Incoming incoming;
    private boolean closed;

    Reception(Exchange exchange, Ask ask, Clock clock, AttemptReader reader) {
        this.exchange = exchange;
        this.ask = ask;
        this.clock = clock;
        this.reader = reader;
    }

    AttemptReader reader() {
        return reader;
    }

    /** Whether a head has come. */
    boolean isOpen() {
        return incoming != null;
    }

    /** Sends the request and waits for the head of the answer. */
    void open(Sender sender) throws InterruptedException {
        Incoming opened;
        try {
            opened = sender.send(ask, this);
        } catch (Broken broken) {
            broke(broken);
            return;
        }
        try {
            synchronized (exchange) {
                reader.head(opened.status(), name -> Reply.first(opened.headers(), name), clock.now(), clock.nanos());
                kept = !reader.refused() && ask.into().isPresent()
                        ? new Kept.InFile(ask.into().get())
                        : kept;
                incoming = opened;
            }
        } catch (RuntimeException ours) {
            opened.close(false);
            throw ours;
        }
    }

    /** Waits for the next piece of the answer, and has it read. */
    void pull() throws InterruptedException {
        try {
            int length = here().read(piece);
            synchronized (exchange) {
                if (length == Incoming.END) {
                    reader.end(clock.nanos());
                } else {
                    keep(length);
                }
            }
        } catch (Broken broken) {
            broke(broken);
        }
    }

    /** What the call has to hear next. */
    Optional<Signal> next() {
        synchronized (exchange) {
            return reader.next();
        }
    }

    /** It ended before its answer did. */
    void broke(Broken broken) {
        String why = String.valueOf(broken.getMessage());
        synchronized (exchange) {
            switch (broken.how()) {
                case LATE -> reader.due(clock.nanos());
                case UNTRUSTED -> reader.untrusted(why);
                case NOT_HTTP -> reader.notHttp(why, clock.nanos());
                case LOST, REUSED -> reader.lost(why, broken.how() == Broken.How.REUSED, clock.nanos());
            }
        }
    }

    /** Keeps bytes that have come, unpacked if they are packed, and has them read. */
    private void keep(int length) {
        ByteBuffer raw = ByteBuffer.wrap(piece, 0, length);
        if (reader.isPacked()) {
            reader.unpack(raw, this::keep);
        } else {
            keep(raw);
        }
    }

    private void keep(ByteBuffer plain) {
        kept.add(plain.array(), plain.arrayOffset() + plain.position(), plain.remaining());
        reader.bytes(plain, clock.nanos());
    }

    /** How many bytes {@link #take} has. */
    int ready() {
        return (int) Math.min(Integer.MAX_VALUE, reader.allotment().toGive());
    }

    /** Hands on up to this much of what is {@linkplain #ready ready}. */
    int take(byte[] into, int from, int length) {
        skip();
        int size = Math.min(ready(), length);
        ((Kept.InMemory) kept).take(into, from, size);
        reader.allotment().passed(size);
        skip();
        return size;
    }

    private void skip() {
        long more = reader.allotment().toSkip();
        if (more > 0) {
            ((Kept.InMemory) kept).skip((int) more);
            reader.allotment().passed(more);
        }
    }

    /** Its status and its headers. */
    Reply head() {
        return new Reply(here().status(), headers(), new byte[0]);
    }

    /** Of what is handed on, which is no longer packed. */
    private Map<String, List<String>> headers() {
        if (!reader.isPacked()) {
            return here().headers();
        }
        Map<String, List<String>> plain = new HashMap<>(here().headers());
        plain.remove("content-encoding");
        plain.remove("content-length");
        return plain;
    }

    /** All of it that was not handed on. */
    Reply whole() {
        if (kept instanceof Kept.InMemory && !reader.refused()) {
            byte[] all = new byte[(int) reader.allotment().left()];
            for (int at = 0; ready() > 0; ) {
                at += take(all, at, all.length - at);
            }
            return new Reply(here().status(), headers(), all);
        }
        return new Reply(here().status(), headers(), kept.whole());
    }

    /** It broke: nothing of it stays. */
    void drop() {
        kept.drop();
    }

    /** Gives its connection back, if it can be used again; once. */
    void close() {
        synchronized (exchange) {
            if (closed || incoming == null) {
                return;
            }
            closed = true;
        }
        here().close(reader.bodyEnded() || reader.outcome().orElse(null) instanceof Outcome.Completed);
    }

    private Incoming here() {
        return Objects.requireNonNull(incoming);
    }

    @Override
    public void entered(Phase phase) {
        exchange.tell(new Signal.Entered(reader.attempt(), phase));
    }

    @Override
    public void tried(AddressTry what) {
        exchange.tell(new Signal.Tried(reader.attempt(), what));
    }

    @Override
    public void moved() {
        synchronized (exchange) {
            reader.attempt().progress(clock.nanos());
        }
    }

    @Override
    public Phase phase() {
        synchronized (exchange) {
            return reader.attempt().phase();
        }
    }

    @Override
    public long clockNanos() {
        synchronized (exchange) {
            return reader.dueNanos();
        }
    }

    @Override
    public void closer(Runnable how) {
        exchange.turn().closer(how);
    }

    @Override
    public void abandoned() {
        exchange.abandoned();
    }
}
