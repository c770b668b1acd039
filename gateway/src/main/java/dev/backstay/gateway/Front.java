package dev.backstay.gateway;

import dev.backstay.gateway.config.FrontLimits;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** Where callers connect: the listening socket, and what every connection goes through. */
final class Front implements AutoCloseable {

    private static final int LINE_LIMIT = 8 * 1024;
    private static final int CHUNK = 64 * 1024;
    private static final int BACKLOG = 1024;
    private static final long CLOSE_SECONDS = 5;

    private final Gateway gateway;
    private final ChannelGroup callers = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Channel listening;

    private Front(Gateway gateway, InetSocketAddress where, Loops loops) throws BindException {
        this.gateway = gateway;
        ChannelFuture bound = new ServerBootstrap()
                .group(loops.group())
                .channel(loops.server())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        Loops.keepAlive(channel);
                        caller(channel);
                    }
                })
                .bind(where)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            String said = where.getHostString() + ":" + where.getPort() + ": "
                    + bound.cause().getMessage();
            BindException failure = new BindException(said);
            failure.initCause(bound.cause());
            throw failure;
        }
        listening = bound.channel();
    }

    /** @throws BindException if the port is in use */
    static Front listen(Gateway gateway, InetSocketAddress where, Loops loops) throws BindException {
        return new Front(gateway, where, loops);
    }

    private void caller(SocketChannel channel) {
        Serving serving = gateway.serving();
        FrontLimits limits = serving.config().limits();
        if (callers.size() >= limits.connections()) {
            channel.close();
            return;
        }
        callers.add(channel);
        serving.tls().ifPresent(tls -> channel.pipeline().addLast(tls.newHandler(channel.alloc())));
        Patience patience = new Patience(limits, gateway.ticker());
        channel.pipeline().addLast(patience, codec(limits), new CallerHandler(gateway, patience));
    }

    /** What Netty can be told by system properties is said here, so that it cannot be weakened by one. */
    private static HttpServerCodec codec(FrontLimits limits) {
        return new HttpServerCodec(new HttpDecoderConfig()
                .setMaxInitialLineLength(LINE_LIMIT)
                .setMaxHeaderSize(limits.head())
                .setMaxChunkSize(CHUNK)
                .setStrictLineParsing(true)
                .setUseRfc9112TransferEncoding(true)
                .setHeadersFactory(StrictHeaders.FACTORY));
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    /** Connections of callers that are open. */
    int connections() {
        return callers.size();
    }

    /** Stops listening, and closes all connections at once. */
    @Override
    public void close() {
        listening.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        callers.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
    }
}
