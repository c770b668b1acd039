package dev.backstay.gateway;

import dev.backstay.core.AddressTry;
import dev.backstay.core.Attempt;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Phase;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One attempt on its way: takes or opens a connection, sends the request, and tells its {@link Exchange} each phase as it
 * enters it. Belongs to its loop's thread. After {@link #close} it says nothing any more.
 */
final class UpstreamAttempt implements Dial.Listener {

    /** The body is written in pieces of this size, so that each that leaves counts as progress. */
    private static final int PIECE = 256 * 1024;

    /** Hears how it goes. */
    interface Listener {
        /** The next phase begins. */
        void entered(Phase phase);

        /** An address did this. */
        void tried(AddressTry what);

        /** A piece of the request has left. */
        void moved();

        /** The head of the answer is here. */
        void head(HttpResponse head);

        /** Bytes of the body are here. */
        void content(ByteBuf bytes);

        /** The body ended as HTTP says. */
        void end();

        /**
         * The connection broke.
         *
         * @param reused whether it had carried another request before
         */
        void lost(String why, boolean reused);

        /** What came is not HTTP. */
        void notHttp(String why);

        /** The API's certificate was refused. */
        void untrusted(String why);

        /** All that was here is read. */
        void flush();
    }

    private final Listener listener;
    private final Attempt attempt;
    private final UpstreamPool pool;
    private final Outgoing outgoing;
    private final boolean fresh;
    private @Nullable Dial dial;
    private @Nullable UpstreamConnection connection;
    private @Nullable InetSocketAddress address;
    private boolean reused;
    private boolean paused;
    private boolean hasHead;
    private boolean closed;

    /**
     * An attempt.
     *
     * @param outgoing what it sends; released when it closes
     * @param fresh whether to open a connection of its own, because an idle one has just turned out to be dead
     */
    UpstreamAttempt(Listener listener, Attempt attempt, UpstreamPool pool, Outgoing outgoing, boolean fresh) {
        this.listener = listener;
        this.attempt = attempt;
        this.pool = pool;
        this.outgoing = outgoing;
        this.fresh = fresh;
    }

    /** Begins: on an idle connection if there is one, else on a new one. */
    void begin() {
        UpstreamConnection idle = fresh ? null : pool.take().orElse(null);
        if (idle != null) {
            reused = true;
            send(idle);
            return;
        }
        dial = new Dial(pool, this);
        dial.begin();
    }

    @Override
    public void entered(Phase phase) {
        if (!closed) {
            listener.entered(phase);
        }
    }

    @Override
    public void tried(AddressTry what) {
        listener.tried(what);
    }

    @Override
    public void connected(InetSocketAddress to) {
        address = to;
    }

    @Override
    public void opened(UpstreamConnection fresh) {
        dial = null;
        send(fresh);
    }

    @Override
    public void failed(String why, boolean untrusted) {
        dial = null;
        if (untrusted && !closed) {
            listener.untrusted(why);
        } else {
            lost(why);
        }
    }

    private void send(UpstreamConnection ready) {
        connection = ready;
        ready.use(this);
        ready.asks(outgoing.head().method());
        listener.entered(Phase.SENDING);
        Channel channel = ready.channel();
        int length = outgoing.body().readableBytes();
        ChannelFuture last = length <= PIECE ? channel.writeAndFlush(whole()) : pieces(channel, length);
        last.addListener(sent -> {
            if (sent.isSuccess()) {
                ready.requestSent();
            }
            if (!closed && sent.isSuccess() && attempt.phase() == Phase.SENDING) {
                listener.entered(Phase.AWAITING);
            }
        });
    }

    private HttpRequest whole() {
        HttpRequest head = outgoing.head();
        return new DefaultFullHttpRequest(
                head.protocolVersion(),
                head.method(),
                head.uri(),
                outgoing.body().retainedDuplicate(),
                head.headers(),
                EmptyHttpHeaders.INSTANCE);
    }

    private ChannelFuture pieces(Channel channel, int length) {
        channel.write(outgoing.head(), channel.voidPromise());
        ByteBuf body = outgoing.body();
        for (int from = 0; from < length; from += PIECE) {
            ByteBuf piece = body.retainedSlice(body.readerIndex() + from, Math.min(PIECE, length - from));
            channel.write(new DefaultHttpContent(piece)).addListener(written -> {
                if (!closed && attempt.phase() == Phase.SENDING) {
                    listener.moved();
                }
            });
        }
        return channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
    }

    boolean hasHead() {
        return hasHead;
    }

    void head(HttpResponse head) {
        if (!closed) {
            hasHead = true;
            listener.head(head);
        }
    }

    void content(ByteBuf bytes) {
        if (!closed) {
            listener.content(bytes);
        }
    }

    void end() {
        if (!closed) {
            listener.end();
        }
    }

    void readComplete() {
        if (!closed) {
            listener.flush();
        }
    }

    /**
     * It ended like this. If it had a connection, and nothing came: after one from the pool the others there are dead as well, and an
     * address that takes connections and stays silent goes last for a while.
     *
     * @return whether the next try needs a fresh connection
     */
    boolean failedWith(FailureKind kind) {
        boolean silently = switch (kind) {
            case FIRST_TOKEN_TIMEOUT, WRITE_TIMEOUT, TLS_FAILED, CERTIFICATE_REFUSED -> true;
            default -> false;
        };
        if (hasHead || !silently) {
            return kind == FailureKind.STALE_CONNECTION;
        }
        InetSocketAddress silent = address;
        if (reused) {
            pool.distrust();
        } else if (silent != null) {
            pool.upstream()
                    .failed()
                    .failed(silent.getAddress(), pool.loop().ticker().nanoTime());
        }
        return reused;
    }

    /** What came is not HTTP. */
    void notHttp(String why) {
        if (!closed) {
            listener.notHttp(why);
        }
    }

    /** The connection broke. */
    void lost(String why) {
        if (!closed) {
            listener.lost(why, reused);
        }
    }

    /** Reads no further until the caller has taken what there is, and its clock stands still; or reads on. */
    void pauseReading(boolean pause, long nowNanos) {
        if (paused == pause) {
            return;
        }
        paused = pause;
        if (connection != null) {
            connection.channel().config().setAutoRead(!pause);
        }
        if (pause) {
            attempt.pause(nowNanos);
        } else {
            attempt.resume(nowNanos);
        }
    }

    /** Lets go of the connection; it is kept only after a whole answer. */
    void close(boolean answerWhole) {
        if (closed) {
            return;
        }
        closed = true;
        outgoing.release();
        if (connection != null) {
            connection.leave(answerWhole);
            connection = null;
        } else if (dial != null) {
            dial.cancel();
        }
    }
}
