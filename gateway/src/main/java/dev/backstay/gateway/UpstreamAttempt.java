package dev.backstay.gateway;

import dev.backstay.core.AddressTry;
import dev.backstay.core.Attempt;
import dev.backstay.core.Phase;
import dev.backstay.core.Signal;
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

    private final Exchange exchange;
    private final Attempt attempt;
    private final UpstreamPool pool;
    private final Outgoing outgoing;
    private final boolean fresh;
    private @Nullable Dial dial;
    private @Nullable UpstreamConnection connection;
    private @Nullable InetSocketAddress address;
    private boolean reused;
    private boolean hasHead;
    private boolean closed;

    /**
     * An attempt.
     *
     * @param outgoing what it sends; released when it closes
     * @param fresh whether to open a connection of its own, because an idle one has just turned out to be dead
     */
    UpstreamAttempt(Exchange exchange, Attempt attempt, UpstreamPool pool, Outgoing outgoing, boolean fresh) {
        this.exchange = exchange;
        this.attempt = attempt;
        this.pool = pool;
        this.outgoing = outgoing;
        this.fresh = fresh;
    }

    Attempt attempt() {
        return attempt;
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
            exchange.entered(attempt, phase);
        }
    }

    @Override
    public void tried(AddressTry what) {
        exchange.tell(new Signal.Tried(attempt, what));
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
            exchange.untrusted(why);
        } else {
            lost(why);
        }
    }

    private void send(UpstreamConnection ready) {
        connection = ready;
        ready.use(this);
        ready.asks(outgoing.head().method());
        exchange.entered(attempt, Phase.SENDING);
        Channel channel = ready.channel();
        int length = outgoing.body().readableBytes();
        ChannelFuture last = length <= PIECE ? channel.writeAndFlush(whole()) : pieces(channel, length);
        last.addListener(sent -> {
            if (sent.isSuccess()) {
                ready.requestSent();
            }
            if (!closed && sent.isSuccess() && attempt.phase() == Phase.SENDING) {
                exchange.entered(attempt, Phase.AWAITING);
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
                    exchange.progress(attempt);
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
            exchange.head(attempt, head);
        }
    }

    void content(ByteBuf bytes) {
        if (!closed) {
            exchange.content(bytes);
        }
    }

    void end() {
        if (!closed) {
            exchange.end();
        }
    }

    void readComplete() {
        if (!closed) {
            exchange.flush();
        }
    }

    /**
     * It failed although it had a connection, and nothing came: after one from the pool the others there are dead as well, and an address
     * that takes connections and stays silent goes last for a while.
     *
     * @return whether the next try needs a fresh connection
     */
    boolean blameWay() {
        InetSocketAddress silent = address;
        if (hasHead) {
            return false;
        }
        if (reused) {
            pool.distrust();
        } else if (silent != null) {
            pool.upstream()
                    .failed()
                    .failed(silent.getAddress(), pool.loop().ticker().nanoTime());
        }
        return reused;
    }

    /** The connection broke. */
    void lost(String why) {
        if (!closed) {
            exchange.lost(why, reused);
        }
    }

    /** Reads no further until the caller has taken what there is. */
    void pauseReading(boolean pause) {
        if (connection != null) {
            connection.channel().config().setAutoRead(!pause);
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
