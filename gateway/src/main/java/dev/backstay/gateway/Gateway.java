package dev.backstay.gateway;

import dev.backstay.client.Settings;
import dev.backstay.core.Backoff;
import dev.backstay.core.Engine;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.Ticker;
import dev.backstay.micrometer.CallMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
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
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A running gateway: everything it is made of, put together on one screen.
 *
 * <p>Thread-safe. {@link #close} stops at once; {@link #drain} lets running calls end first.
 */
public final class Gateway implements AutoCloseable {

    static final String LIVE = "/health/live";
    static final String READY = "/health/ready";
    static final String METRICS = "/metrics";

    private static final int LINE_LIMIT = 8 * 1024;
    private static final int HEADER_LIMIT = 64 * 1024;
    private static final int CHUNK = 64 * 1024;
    private static final int BACKLOG = 1024;
    private static final long CLOSE_SECONDS = 5;
    private static final long DRAIN_CHECK_MILLIS = 20;

    private final GatewayConfig config;
    private final Ticker ticker = System::nanoTime;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final CallMetrics metrics = new CallMetrics(registry);
    private final Engine engine;
    private final Loops loops;
    private final Upstream upstream;
    private final ChannelGroup callers = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean draining;
    private @Nullable Channel listening;

    /**
     * Starts a gateway.
     *
     * @throws java.net.BindException if the port is in use
     * @throws SSLException if TLS cannot be set up
     */
    public static Gateway start(GatewayConfig config) throws Exception {
        return start(config, Optional.empty());
    }

    /** Starts a gateway that trusts only this certificate upstream, for instance a simulator's. */
    public static Gateway start(GatewayConfig config, Optional<X509Certificate> trusted) throws Exception {
        Gateway gateway = new Gateway(config, trusted);
        try {
            gateway.listen();
            return gateway;
        } catch (Exception e) {
            gateway.close();
            throw e;
        }
    }

    private Gateway(GatewayConfig config, Optional<X509Certificate> trusted) throws SSLException {
        this.config = config;
        this.engine = new Engine(
                new RetryPolicy(config.settings().maxAttempts(), RetryPolicy.DEFAULT.longestHint(), Backoff.DEFAULT),
                metrics);
        this.loops = Loops.start(Runtime.getRuntime().availableProcessors());
        this.upstream = new Upstream(config, tls(config, trusted), loops);
        metrics.show(engine, ticker::nanos);
    }

    private static Optional<SslContext> tls(GatewayConfig config, Optional<X509Certificate> trusted)
            throws SSLException {
        if (!"https".equals(config.settings().url().getScheme())) {
            return Optional.empty();
        }
        SslContextBuilder builder =
                SslContextBuilder.forClient().sslProvider(SslProvider.JDK).endpointIdentificationAlgorithm("HTTPS");
        trusted.ifPresent(builder::trustManager);
        return Optional.of(builder.build());
    }

    private void listen() throws BindException {
        ChannelFuture bound = new ServerBootstrap()
                .group(loops.group())
                .channel(loops.server())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        callers.add(channel);
                        HttpDecoderConfig limits = new HttpDecoderConfig()
                                .setMaxInitialLineLength(LINE_LIMIT)
                                .setMaxHeaderSize(HEADER_LIMIT)
                                .setMaxChunkSize(CHUNK);
                        channel.pipeline().addLast(new HttpServerCodec(limits), new CallerHandler(Gateway.this));
                    }
                })
                .bind(config.listen())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw notBound(config.listen(), bound.cause());
        }
        listening = bound.channel();
    }

    private static BindException notBound(InetSocketAddress where, Throwable cause) {
        String said = where.getHostString() + ":" + where.getPort() + ": " + cause.getMessage();
        BindException failure = new BindException(said);
        failure.initCause(cause);
        return failure;
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        Channel channel = listening;
        return channel == null ? config.listen() : (InetSocketAddress) channel.localAddress();
    }

    /** The base URL for callers, without a version. */
    public String url() {
        return "http://" + address().getAddress().getHostAddress() + ":"
                + address().getPort();
    }

    /** The engine, for reports. */
    public Engine engine() {
        return engine;
    }

    Settings settings() {
        return config.settings();
    }

    /** Calls that have begun and not ended. */
    public int running() {
        return running.get();
    }

    /**
     * Takes no new calls, lets the running ones end, and closes. Calls that are still running after this long are cut.
     *
     * @return whether all calls ended in time
     */
    public boolean drain(Duration limit) throws InterruptedException {
        draining = true;
        if (listening != null) {
            listening.close();
        }
        long until = ticker.nanos() + limit.toNanos();
        do {
            TimeUnit.MILLISECONDS.sleep(DRAIN_CHECK_MILLIS); // at least once, for calls that were just beginning
        } while (running.get() > 0 && until - ticker.nanos() > 0);
        boolean allEnded = running.get() == 0;
        close();
        return allEnded;
    }

    /** Stops at once: running calls are cut. Harmless the second time. */
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        try {
            callers.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
            upstream.close();
        } finally {
            loops.group()
                    .shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS)
                    .awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        }
    }

    Optional<String> page(String uri) {
        return switch (uri) {
            case LIVE -> Optional.of("live\n");
            case READY -> Optional.of(draining ? "draining\n" : "ready\n");
            case METRICS -> Optional.of(registry.scrape());
            default -> Optional.empty();
        };
    }

    boolean isDraining() {
        return draining;
    }

    void begun() {
        running.incrementAndGet();
    }

    void ended() {
        running.decrementAndGet();
    }

    Upstream upstream() {
        return upstream;
    }

    Ticker ticker() {
        return ticker;
    }

    RandomGenerator random() {
        return ThreadLocalRandom.current();
    }

    String newCallId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return "call-" + Long.toHexString(random.nextLong() | Long.MIN_VALUE)
                + Long.toHexString(random.nextInt(0x1000, 0x10000));
    }
}
