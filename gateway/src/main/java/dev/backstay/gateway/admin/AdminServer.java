package dev.backstay.gateway.admin;

import dev.backstay.gateway.config.AdminConfig;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Where browsers connect.
 *
 * <p>Thread-safe.
 */
public final class AdminServer implements AutoCloseable {

    /** Connections of browsers at a time. */
    static final int CONNECTIONS_LIMIT = 128;

    private static final int REQUEST_LIMIT = 8 * 1024;
    private static final int IDLE_SECONDS = 60;

    private final Sources sources;
    private final AdminDoor door;
    private final boolean everywhere;
    private final Optional<CallReader> reader;
    private final Broadcast broadcast;
    private final ChannelGroup browsers = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Channel listening;

    /**
     * Listens.
     *
     * @throws BindException if the port is in use
     * @throws IOException if the key cannot be read
     */
    public static AdminServer start(
            AdminConfig config, Sources sources, EventLoopGroup loops, Class<? extends ServerChannel> type)
            throws IOException {
        AdminServer server = new AdminServer(config, sources, loops, type);
        server.broadcast.start();
        return server;
    }

    private AdminServer(AdminConfig config, Sources sources, EventLoopGroup loops, Class<? extends ServerChannel> type)
            throws IOException {
        this.sources = sources;
        this.door = new AdminDoor(config.readKey());
        this.everywhere = config.isReachable();
        this.reader = sources.ledger().map(CallReader::new);
        this.broadcast = new Broadcast(sources);
        ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(type)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel browser) {
                        welcome(browser);
                    }
                })
                .bind(config.listen())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            reader.ifPresent(CallReader::close);
            BindException failure = new BindException(config.listen().getHostString() + ":"
                    + config.listen().getPort() + ": " + bound.cause().getMessage());
            failure.initCause(bound.cause());
            throw failure;
        }
        listening = bound.channel();
    }

    private void welcome(SocketChannel browser) {
        if (browsers.size() >= CONNECTIONS_LIMIT) {
            browser.close();
            return;
        }
        browsers.add(browser);
        if (everywhere) {
            sources.tls().get().ifPresent(tls -> browser.pipeline().addLast(tls.newHandler(browser.alloc())));
        }
        browser.pipeline()
                .addLast(new IdleStateHandler(0, 0, IDLE_SECONDS)) // who is kept up to date hears something each second
                .addLast(new HttpServerCodec(), new HttpObjectAggregator(REQUEST_LIMIT))
                .addLast(new AdminHandler(door, reader, broadcast, sources.metrics()));
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    /** Stops listening, and sends everybody away. */
    @Override
    public void close() {
        broadcast.close();
        listening.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        browsers.close();
        reader.ifPresent(CallReader::close);
    }
}
