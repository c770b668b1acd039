package dev.backstay.gateway;

import dev.backstay.core.Attempt;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Phase;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One attempt on its way: takes or opens a connection, sends the request, and tells its {@link Exchange} each phase as it
 * enters it. Belongs to its loop's thread. After {@link #close} it says nothing any more.
 */
final class UpstreamAttempt {

    private static final int LINE_LIMIT = 8 * 1024;
    private static final int HEADER_LIMIT = 64 * 1024;
    private static final int CHUNK = 64 * 1024;

    /** A connection that was dead before shows it this quickly. */
    private static final long STALE_NANOS = 1_000_000_000L;

    /** The body is written in pieces of this size, so that each that leaves counts as progress. */
    private static final int PIECE = 256 * 1024;

    private final Exchange exchange;
    private final Attempt attempt;
    private final UpstreamPool pool;
    private final Upstream upstream;
    private @Nullable UpstreamConnection connection;
    private @Nullable Channel opening;
    private final boolean fresh;
    private boolean reused;
    private boolean hasHead;
    private boolean closed;

    /** An attempt; a fresh one opens a connection of its own, because an idle one has just turned out to be dead. */
    UpstreamAttempt(Exchange exchange, Attempt attempt, UpstreamPool pool, boolean fresh) {
        this.fresh = fresh;
        this.exchange = exchange;
        this.attempt = attempt;
        this.pool = pool;
        this.upstream = pool.upstream();
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
        InetSocketAddress unresolved = InetSocketAddress.createUnresolved(upstream.host(), upstream.port());
        upstream.resolver()
                .getResolver(pool.loop())
                .resolve(unresolved)
                .addListener((Future<InetSocketAddress> resolved) -> {
                    if (!closed) {
                        resolved(resolved);
                    }
                });
    }

    private void resolved(Future<InetSocketAddress> address) {
        if (!address.isSuccess()) {
            lost("cannot resolve " + upstream.host() + ": " + reason(address.cause()));
            return;
        }
        exchange.entered(attempt, Phase.CONNECTING);
        ChannelFuture connecting = new Bootstrap()
                .group(pool.loop())
                .channel(upstream.loops().socket())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0) // the attempt's own clock guards this phase
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        pipeline(channel);
                    }
                })
                .connect(address.getNow());
        if (connecting.isDone() && !connecting.isSuccess()) {
            // Out of sockets: there is no channel to close, and the future's listeners run on another thread.
            pool.loop().execute(() -> lost(reason(connecting.cause())));
            return;
        }
        opening = connecting.channel();
        connecting.addListener((ChannelFuture connected) -> {
            if (!closed) {
                connected(connected);
            }
        });
    }

    private void pipeline(SocketChannel channel) {
        upstream.tls().ifPresent(context -> {
            SslHandler handler = context.newHandler(channel.alloc(), upstream.host(), upstream.port());
            handler.setHandshakeTimeoutMillis(0); // the attempt's own clock guards this phase
            channel.pipeline().addLast(handler);
        });
        channel.pipeline()
                .addLast(new HttpClientCodec(LINE_LIMIT, HEADER_LIMIT, CHUNK))
                .addLast(new UpstreamConnection(pool, channel));
    }

    private void connected(ChannelFuture connected) {
        if (!connected.isSuccess()) {
            lost(reason(connected.cause()));
            return;
        }
        Channel channel = connected.channel();
        UpstreamConnection fresh = channel.pipeline().get(UpstreamConnection.class);
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            send(fresh);
            return;
        }
        exchange.entered(attempt, Phase.SECURING);
        tls.handshakeFuture().addListener((Future<Channel> secured) -> {
            if (closed) {
                return;
            }
            if (secured.isSuccess()) {
                send(fresh);
            } else {
                lost(reason(secured.cause()));
            }
        });
    }

    private void send(UpstreamConnection ready) {
        opening = null;
        connection = ready;
        ready.use(this);
        exchange.entered(attempt, Phase.SENDING);
        Channel channel = ready.channel();
        HttpRequest head = exchange.requestHead(upstream);
        channel.write(head, channel.voidPromise());
        ByteBuf body = exchange.requestBody();
        for (int from = 0; from < body.readableBytes(); from += PIECE) {
            int length = Math.min(PIECE, body.readableBytes() - from);
            channel.write(new DefaultHttpContent(body.retainedSlice(body.readerIndex() + from, length)))
                    .addListener(written -> {
                        if (!closed && attempt.phase() == Phase.SENDING) {
                            exchange.progress(attempt);
                        }
                    });
        }
        channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT).addListener(sent -> {
            if (sent.isSuccess()) {
                ready.requestSent();
            }
            if (!closed && sent.isSuccess() && attempt.phase() == Phase.SENDING) {
                exchange.entered(attempt, Phase.AWAITING);
            }
        });
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

    /** The connection broke. A reused one that breaks at once, without an answer, was closed while it was idle. */
    void lost(String why) {
        if (closed) {
            return;
        }
        boolean stale = reused && !hasHead && exchange.elapsedNanos(attempt) < STALE_NANOS;
        Failure failure = stale ? Failure.of(FailureKind.STALE_CONNECTION, attempt.phase(), why) : attempt.lost(why);
        exchange.failed(failure);
    }

    /** Reads no further until the caller has taken what there is. */
    void pauseReading(boolean pause) {
        if (connection != null) {
            connection.channel().config().setAutoRead(!pause);
        }
    }

    /** Lets go of the connection; it is kept only after a whole answer. */
    void close(boolean answerWhole) {
        closed = true;
        if (connection != null) {
            connection.leave(answerWhole);
            connection = null;
        } else if (opening != null) {
            opening.close();
        }
    }

    private static String reason(@Nullable Throwable cause) {
        return cause == null || cause.getMessage() == null ? "no reason given" : cause.getMessage();
    }
}
