package dev.backstay.client;

import dev.backstay.core.Result;
import dev.backstay.core.Step;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An answer from its first event on. Everything before that event was looked at and could be tried again; from here on nothing can.
 *
 * <p>The body ends with -1 only if the answer is whole. If it breaks, stalls or just ends, reading throws {@link BrokenAnswer}.
 * Only whole events come out, so what was read never ends in the middle of one.
 *
 * <p>Whoever has one closes it. An answer that nobody reads is closed when the deadline of its call comes. Read by one thread at
 * a time; closed by any. An interrupt ends the call.
 */
public final class LiveReply implements AutoCloseable {

    private final Exchange exchange;
    private final Body body = new Body();
    private final AtomicBoolean closed = new AtomicBoolean();

    LiveReply(Exchange exchange) {
        this.exchange = exchange;
    }

    /** The HTTP status, 200 to 299. */
    public int status() {
        return exchange.replies().head().status();
    }

    /** The headers, names in lower case. */
    public Map<String, List<String>> headers() {
        return exchange.replies().head().headers();
    }

    /** The first value of this header, in whatever case it is asked for. */
    public Optional<String> header(String name) {
        return exchange.replies().head().header(name);
    }

    /** Names the call in logs and metrics. */
    public String callId() {
        return exchange.request().id();
    }

    /** How often the request was sent. */
    public int attempts() {
        return exchange.attempts();
    }

    /** The body, always the same stream. Closing it is closing this. */
    public InputStream body() {
        return body;
    }

    /** Ends the call if it is under way; else does nothing. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            exchange.leave();
        }
    }

    private final class Body extends InputStream {
        private final byte[] one = new byte[1];

        @Override
        public int read() throws IOException {
            return read(one, 0, 1) == Incoming.END ? Incoming.END : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            Objects.checkFromIndexSize(from, length, into.length);
            if (closed.get()) {
                throw new IOException("the answer was closed");
            }
            if (length == 0) {
                return 0;
            }
            return take(into, from, length);
        }

        /** The next bytes; waits for them, and ends with -1 only if the answer is whole. */
        private int take(byte[] into, int from, int length) throws BrokenAnswer {
            while (exchange.here().ready() == 0) {
                Optional<Step.Finish> over = exchange.over();
                if (over.isEmpty()) {
                    exchange.readOn();
                } else if (over.get().result() instanceof Result.Failed failed) {
                    throw new BrokenAnswer(exchange.failed(failed));
                } else {
                    return Incoming.END;
                }
            }
            return exchange.here().take(into, from, length);
        }

        @Override
        public int available() {
            return exchange.here().ready();
        }

        @Override
        public void close() {
            LiveReply.this.close();
        }
    }
}
