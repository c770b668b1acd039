package dev.backstay.simulator;

import dev.backstay.platform.Platform;
import dev.backstay.platform.PlatformScript;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Provider} behind real sockets and the wall clock, on one event loop.
 *
 * <p>What a listening socket cannot do is done as nearly as it can. Connections are refused by not listening: for the share
 * of time that equals the share of connections to refuse, in turns of {@value #LISTEN_CHECK_MILLIS} ms, in which the port is held, so that
 * nobody else listens there. A black hole is
 * accepted and never read, so with TLS the handshake hangs. Over plain TCP, where there is no handshake to fail, a TLS fault resets the connection.
 */
public final class SimulatorServer implements AutoCloseable {

    /** The largest request, in bytes. */
    static final int REQUEST_LIMIT = 64 * 1024 * 1024;

    /** Connections that may wait to be accepted. */
    private static final int BACKLOG = 1024;

    /** How often it draws whether it listens. */
    private static final long LISTEN_CHECK_MILLIS = 20;

    /** How long it may take until a listening socket is gone. */
    private static final long HOLD_AFTER_MILLIS = 1;

    private static final int DRAWS_LIMIT = 1_000;

    /** How long closing may take. */
    private static final long CLOSE_SECONDS = 5;

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Provider provider;
    private final ControlPlane controlPlane;
    private final SplittableRandom random;

    /** Apart, so that time, which passes as it likes, draws nothing from what requests draw from. */
    private final SplittableRandom listeningRandom;

    private final long startNanos = System.nanoTime();
    private final Optional<X509Bundle> identity;
    private final Optional<SslContext> tls;
    private final AtomicLong requests = new AtomicLong();
    private InetSocketAddress address;
    private @Nullable Channel listening;
    private @Nullable Socket held;

    /**
     * Starts listening.
     *
     * @param script how the provider behaves; its story starts now
     * @param where the address; port 0 for any free one
     * @param withTls whether to speak TLS, with a certificate of its own making for {@code localhost}
     * @param seed of everything that is drawn
     * @throws java.net.BindException if the port is in use
     */
    public static SimulatorServer start(Script script, InetSocketAddress where, boolean withTls, long seed)
            throws Exception {
        return start(script, PlatformScript.DEFAULT, 1, where, withTls, seed);
    }

    /**
     * Starts listening, with a control plane that behaves like this.
     *
     * @param platform how the control plane behaves
     * @param speed how much faster its clock runs: a boot of two minutes takes two seconds at 60
     */
    public static SimulatorServer start(
            Script script, PlatformScript platform, double speed, InetSocketAddress where, boolean withTls, long seed)
            throws Exception {
        ControlPlane controlPlane = new ControlPlane(new Platform(platform, Instant.now()), speed);
        SimulatorServer server = new SimulatorServer(script, controlPlane, where, withTls, seed);
        try {
            server.listen();
        } catch (Exception e) {
            server.close();
            throw e;
        }
        server.loop.scheduleAtFixedRate(
                server::listenOrNot, LISTEN_CHECK_MILLIS, LISTEN_CHECK_MILLIS, TimeUnit.MILLISECONDS);
        return server;
    }

    private SimulatorServer(
            Script script, ControlPlane controlPlane, InetSocketAddress where, boolean withTls, long seed)
            throws Exception {
        this.provider = new Provider(script);
        this.controlPlane = controlPlane;
        this.random = new SplittableRandom(seed);
        this.listeningRandom = random.split();
        this.address = where;
        this.identity = withTls
                ? Optional.of(new CertificateBuilder()
                        .subject("CN=localhost")
                        .addSanDnsName("localhost")
                        .addSanIpAddress("127.0.0.1")
                        .setIsCertificateAuthority(true)
                        .buildSelfSigned())
                : Optional.empty();
        this.tls = identity.isPresent()
                ? Optional.of(SslContextBuilder.forServer(identity.get().toKeyManagerFactory())
                        .build())
                : Optional.empty();
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return address;
    }

    /** The base URL for clients. */
    public String url() {
        return (tls.isPresent() ? "https" : "http") + "://" + address.getHostString() + ":" + address.getPort();
    }

    /** The certificate to trust, when it speaks TLS. */
    public Optional<X509Certificate> certificate() {
        return identity.map(X509Bundle::getCertificate);
    }

    /** Tokens billed so far. */
    public long billedTokens() {
        return loop.submit(provider::billedTokens).syncUninterruptibly().getNow();
    }

    /** Requests that came so far, good and bad. A connection that broke before its request was none. */
    public long requests() {
        return requests.get();
    }

    void came() {
        requests.incrementAndGet();
    }

    /** Requests being worked on. */
    public int active() {
        return loop.submit(provider::active).syncUninterruptibly().getNow();
    }

    /** Nanoseconds since it started, which is the clock of its story. */
    long nanos() {
        return System.nanoTime() - startNanos;
    }

    ControlPlane controlPlane() {
        return controlPlane;
    }

    /** The time on the wall, as HTTP writes it. */
    String date() {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC));
    }

    private void listen() throws BindException {
        ChannelFuture bound = bind().awaitUninterruptibly();
        if (!bound.isSuccess()) {
            BindException failure = new BindException(address.getHostString() + ":" + address.getPort() + ": "
                    + bound.cause().getMessage());
            failure.initCause(bound.cause());
            throw failure;
        }
        listening = bound.channel();
        address = (InetSocketAddress) listening.localAddress();
    }

    private ChannelFuture bind() {
        return new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        accept(channel);
                    }
                })
                .bind(address);
    }

    /** So many looks at once, as if that much time had passed. */
    void look(int times) {
        loop.submit(() -> {
                    for (int i = 0; i < times; i++) {
                        listenOrNot();
                    }
                })
                .syncUninterruptibly();
    }

    private void listenOrNot() {
        boolean closed =
                listeningRandom.nextDouble() < provider.script().story().refusedShare(nanos());
        if (closed && listening != null) {
            listening.close();
            listening = null;
            loop.schedule(this::hold, HOLD_AFTER_MILLIS, TimeUnit.MILLISECONDS);
        } else if (closed) {
            hold();
        } else if (listening == null) {
            letGo();
            ChannelFuture bound = bind();
            listening = bound.channel();
            bound.addListener(done -> bound(bound));
        }
    }

    private void bound(ChannelFuture bound) {
        if (!bound.isSuccess() && bound.channel().equals(listening)) {
            listening = null; // the next look tries again
        }
    }

    /** Keeps the port without listening, so that connections are refused. */
    private void hold() {
        if (listening != null || held != null) {
            return;
        }
        Socket holder = new Socket();
        try {
            holder.setReuseAddress(true);
            holder.bind(address);
            held = holder;
        } catch (IOException notGone) {
            end(holder); // the listening socket still is there; the next look tries again
        }
    }

    private void letGo() {
        if (held != null) {
            end(held);
            held = null;
        }
    }

    private static void end(Socket holder) {
        try {
            holder.close();
        } catch (IOException closed) {
            throw new UncheckedIOException("a socket that was never connected could not be closed", closed);
        }
    }

    /** Refusals happen by not listening, so a connection that is here meets one of the other fates. */
    private Fault faultOfConnection() {
        Fault fault = provider.encounter(nanos(), random);
        for (int i = 0; i < DRAWS_LIMIT && fault.isRefusal(); i++) {
            fault = provider.encounter(nanos(), random);
        }
        return fault;
    }

    private void accept(SocketChannel channel) {
        Fault fault = faultOfConnection();
        switch (fault.kind()) {
            case REFUSE, DNS -> reset(channel); // it came in the moment before the listening ended
            case BLACK_HOLE -> channel.config().setAutoRead(false);
            case TLS -> breakTls(channel);
            default -> {
                tls.ifPresent(context -> channel.pipeline().addLast(context.newHandler(channel.alloc())));
                channel.pipeline()
                        .addLast(new HttpServerCodec())
                        .addLast(new HttpObjectAggregator(REQUEST_LIMIT))
                        .addLast(new SimulatorHandler(this, provider, random, fault));
            }
        }
    }

    /** Over TLS, answers the client's hello with what is no TLS; over plain TCP there is no handshake to fail. */
    private void breakTls(SocketChannel channel) {
        if (tls.isEmpty()) {
            reset(channel);
            return;
        }
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                ReferenceCountUtil.release(message);
                byte[] handshakeFailure = {0x15, 3, 3, 0, 2, 2, 40};
                context.writeAndFlush(context.alloc().buffer().writeBytes(handshakeFailure))
                        .addListener(written -> context.close());
            }
        });
    }

    static void reset(Channel channel) {
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.close();
    }

    /** Stops at once; open connections are closed. Harmless the second time. */
    @Override
    public void close() {
        loop.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        letGo();
    }
}
