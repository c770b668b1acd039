package dev.backstay.gateway;

import dev.backstay.core.Backoff;
import dev.backstay.core.CallListener;
import dev.backstay.core.Engine;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.Ticker;
import dev.backstay.gateway.admin.AdminServer;
import dev.backstay.gateway.admin.LiveNumbers;
import dev.backstay.gateway.admin.Sources;
import dev.backstay.gateway.config.AdminConfig;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.gateway.config.LedgerConfig;
import dev.backstay.ledger.CallKeeper;
import dev.backstay.micrometer.CallMetrics;
import dev.backstay.micrometer.Metric;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.resolver.dns.DnsServerAddressStreamProviders;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running gateway: everything it is made of, put together on one screen.
 *
 * <p>Thread-safe. {@link #reload} changes what is in force for calls that begin afterwards; {@link #close} stops at once;
 * {@link #drain} lets running calls end first.
 */
public final class Gateway implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);

    private static final long CLOSE_SECONDS = 5;
    private static final long DRAIN_CHECK_MILLIS = 20;

    private final Ticker ticker = System::nanoTime;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final CallMetrics metrics = new CallMetrics(registry);
    private final Upkeep upkeep = new Upkeep();
    private final Shares shares = new Shares();
    private final Accounts accounts;
    private final Optional<CallKeeper> keeper;
    private final Engine engine;
    private final Pages pages;
    private final Serving.Means means;
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile Serving serving;
    private volatile boolean draining;
    private final Optional<LiveNumbers> numbers;
    private @Nullable Front front;
    private @Nullable AdminServer admin;

    /**
     * Starts a gateway.
     *
     * @throws java.net.BindException if the port is in use
     * @throws IOException if a file that the settings name cannot be used
     */
    public static Gateway start(GatewayConfig config) throws IOException {
        return start(config, Optional.empty());
    }

    /** Starts a gateway that trusts only this certificate upstream, for instance a simulator's. */
    public static Gateway start(GatewayConfig config, Optional<X509Certificate> trusted) throws IOException {
        return start(config, trusted, DnsServerAddressStreamProviders.platformDefault());
    }

    /** The same, which asks these name servers. */
    public static Gateway start(
            GatewayConfig config, Optional<X509Certificate> trusted, DnsServerAddressStreamProvider nameServers)
            throws IOException {
        Loops loops = Loops.start(Runtime.getRuntime().availableProcessors());
        Serving.Means means = new Serving.Means(loops, new Names(loops, nameServers), trusted);
        Gateway gateway = null;
        try {
            gateway = new Gateway(config, means);
            gateway.listen(config);
            return gateway;
        } catch (IOException | RuntimeException e) {
            if (gateway == null) {
                stop(means);
            } else {
                gateway.close();
            }
            throw e;
        }
    }

    /**
     * Does everything that starting does but listen.
     *
     * @throws IOException if a file that the settings name cannot be used
     */
    public static void check(GatewayConfig config) throws IOException {
        Loops loops = Loops.start(1);
        Serving.Means means = new Serving.Means(
                loops, new Names(loops, DnsServerAddressStreamProviders.platformDefault()), Optional.empty());
        try {
            Serving.of(config, means, Map.of());
            if (config.admin().isPresent()) {
                config.admin().get().readKey();
            }
        } finally {
            stop(means);
        }
    }

    private Gateway(GatewayConfig config, Serving.Means means) throws IOException {
        this.means = means;
        this.keeper = config.ledger()
                .map(ledger -> CallKeeper.start(ledger.where(), ledger.keeping(), name(), InstantSource.system()));
        this.numbers = config.admin().map(any -> new LiveNumbers());
        this.engine = new Engine(
                new RetryPolicy(config.maxAttempts(), RetryPolicy.DEFAULT.longestHint(), Backoff.DEFAULT),
                CallListener.all(Stream.of(Optional.of(metrics), keeper.map(CallKeeper::listener), numbers)
                        .flatMap(Optional::stream)
                        .<CallListener>map(each -> each)
                        .toList()));
        keeper.ifPresent(this::show);
        this.pages = new Pages(registry, engine, () -> draining);
        this.serving = Serving.of(config, means, Map.of());
        this.accounts = new Accounts(ticker, InstantSource.system(), () -> serving.config(), registry);
        accounts.resume(serving.keys());
        upkeep.add(accounts::save);
        metrics.show(engine, ticker::nanos);
        Metric.UPSTREAM_CONNECTIONS.gauge(this, Gateway::upstreamConnections).register(registry);
        Metric.CALLERS_CONNECTIONS.gauge(this, Gateway::connections).register(registry);
    }

    /** Names this process among those that write to one ledger. */
    private static String name() {
        return "gateway-" + ProcessHandle.current().pid() + "-"
                + Long.toHexString(ThreadLocalRandom.current().nextLong());
    }

    private void show(CallKeeper keeping) {
        Metric.LEDGER_LOST.counter(keeping, each -> each.state().lost()).register(registry);
        Metric.LEDGER_WAITING.gauge(keeping, each -> each.state().waiting()).register(registry);
        Metric.WORK_AT_RISK
                .gauge(
                        keeping,
                        each -> each.state().jobs().stream()
                                .mapToDouble(job -> job.atRiskMs() / 1_000.0)
                                .max()
                                .orElse(0))
                .register(registry);
        Metric.LEDGER_FAILING
                .gauge(keeping, each -> each.state().problem().isPresent() ? 1.0 : 0.0)
                .register(registry);
    }

    private void listen(GatewayConfig config) throws IOException {
        front = Front.listen(this, config.listen(), means.loops());
        if (config.admin().isPresent()) {
            admin = open(config.admin().get());
        }
        upkeep.start();
    }

    /** A port that is taken does not keep calls from being served. */
    private @Nullable AdminServer open(AdminConfig config) throws IOException {
        Sources sources = new Sources(
                engine,
                numbers.orElseThrow(),
                serving.config().ledger().map(LedgerConfig::where),
                () -> keeper.map(CallKeeper::state),
                () -> draining,
                this::connections,
                registry::scrape,
                url(),
                () -> serving.tls(),
                ticker,
                InstantSource.system());
        try {
            return AdminServer.start(
                    config, sources, means.loops().group(), means.loops().server());
        } catch (BindException taken) {
            LOG.warn("there is no page, because its port cannot be had (admin.listen): {}", taken.getMessage());
            return null;
        }
    }

    /** Where the page is for a browser on this machine, if it is somewhere. */
    public Optional<String> adminUrl() {
        boolean secured = serving.tls().isPresent()
                && serving.config().admin().filter(AdminConfig::isReachable).isPresent();
        return admin().map(where -> (secured ? "https" : "http") + "://"
                + (where.getAddress().isAnyLocalAddress() ? "localhost" : host(where)) + ":" + where.getPort());
    }

    private static String host(InetSocketAddress where) {
        String host = where.getAddress().getHostAddress();
        return host.indexOf(':') < 0 ? host : "[" + host + "]";
    }

    /** Where the page listens, if it does. */
    public Optional<InetSocketAddress> admin() {
        return Optional.ofNullable(admin).map(AdminServer::address);
    }

    /** Reads the settings again whenever one of their files changes. What is wrong with them is logged, and changes nothing. */
    public void watch(Path file, Callable<GatewayConfig> read) {
        upkeep.add(new Watch(() -> serving.config().files(file), () -> reload(read)));
    }

    /**
     * Reads the settings again now.
     *
     * @return whether they are good, and in force
     */
    public boolean reload(Callable<GatewayConfig> read) {
        try {
            reload(read.call());
            LOG.info("new settings are in force");
            return true;
        } catch (Exception wrong) {
            LOG.error("the new settings are not taken, the old ones stay in force: {}", wrong.getMessage());
            return false;
        }
    }

    /** Connections to APIs that carry an attempt, or the rest of an answer. */
    int upstreamConnections() {
        return serving.upstreams().values().stream()
                .mapToInt(upstream -> upstream.inUse().get())
                .sum();
    }

    /** Connections of callers that are open. */
    int connections() {
        return front == null ? 0 : front.connections();
    }

    /**
     * Puts other settings in force, for calls that begin from now on; those that run end with what they began with. Where it
     * listens and how often a call may be tried stay as they were.
     *
     * @throws IOException if a file that the settings name cannot be used; then nothing has changed
     */
    public synchronized void reload(GatewayConfig config) throws IOException {
        Serving before = serving;
        Serving next = Serving.of(config, means, before.upstreams());
        serving = next;
        List<String> later = config.laterThan(before.config());
        if (!later.isEmpty()) {
            LOG.warn("of the new settings these need a restart: {}", String.join(", ", later));
        }
        before.closeAllBut(next.upstreams());
        accounts.keepOnly(next.keys());
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        Front here = front;
        return here == null ? serving.config().listen() : here.address();
    }

    /** The base URL for callers, without a version. */
    public String url() {
        return (serving.tls().isPresent() ? "https://" : "http://") + host(address()) + ":"
                + address().getPort();
    }

    Loops loops() {
        return means.loops();
    }

    /** The engine, for reports. */
    public Engine engine() {
        return engine;
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
            if (front != null) {
                front.close();
            }
            if (admin != null) {
                admin.close();
            }
            upkeep.close();
            serving.closeAllBut(Map.of());
        } finally {
            stop(means);
            keeper.ifPresent(CallKeeper::close); // calls that were cut are over now
        }
    }

    private static void stop(Serving.Means means) {
        means.names().close();
        means.loops()
                .group()
                .shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
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

    Serving serving() {
        return serving;
    }

    Pages pages() {
        return pages;
    }

    Shares shares() {
        return shares;
    }

    Accounts accounts() {
        return accounts;
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
