package dev.backstay.gateway.config;

import dev.backstay.client.Settings;
import dev.backstay.client.SettingsFile;
import dev.backstay.core.StreamPolicy;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a gateway is told.
 *
 * @param listen where callers connect; loopback unless told otherwise
 * @param providers whom targets may name
 * @param routes by the name that callers use for the model
 * @param keys the file of the callers' keys; without one, anybody who can connect may call
 * @param allowAnyone whether it may listen beyond loopback without keys
 * @param tls the certificate and its key, as PEM
 * @param limits what callers may ask before a provider is asked
 * @param accessLog where a line for each call goes
 * @param ledger where what happened is kept
 * @param admin where people look at what happens
 * @param drain how long running calls may go on after a stop was asked for
 */
public record GatewayConfig(
        InetSocketAddress listen,
        Map<String, UpstreamConfig> providers,
        Map<String, RouteConfig> routes,
        Optional<Path> keys,
        boolean allowAnyone,
        Optional<TlsConfig> tls,
        FrontLimits limits,
        Optional<Path> accessLog,
        Optional<LedgerConfig> ledger,
        Optional<AdminConfig> admin,
        Duration drain) {

    /** Where it listens unless told otherwise. */
    public static final String DEFAULT_LISTEN = "127.0.0.1:8080";

    /** The provider of the targets that name none. */
    public static final String UPSTREAM = "upstream";

    static final Duration DEFAULT_DRAIN = Duration.ofSeconds(30);
    private static final int LARGEST_PORT = 65_535;

    /**
     * A certificate and its key.
     *
     * @param certificate the chain, as PEM
     * @param key PKCS#8, as PEM
     */
    public record TlsConfig(Path certificate, Path key) {}

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public GatewayConfig {
        providers = Map.copyOf(providers);
        routes = Collections.unmodifiableMap(new LinkedHashMap<>(routes)); // the first has a meaning
        if (drain.isNegative() || drain.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException("drain is " + drain + ": it must be from 0s to 1h");
        }
        if (keys.isEmpty() && !allowAnyone && !isLoopback(listen)) {
            throw new IllegalArgumentException("listen is " + listen.getHostString() + ":" + listen.getPort()
                    + ", where others can connect, and there are no keys for callers: set keys, or allow-anyone: true");
        }
    }

    /** The keys are not shown. */
    @Override
    public String toString() {
        return "listen " + listen + ", providers " + providers + ", routes " + routes.keySet();
    }

    /** The defaults in front of this API. */
    public static GatewayConfig defaults(URI upstream, Optional<String> apiKey) {
        return of(Settings.of(upstream, apiKey));
    }

    /** The defaults, and these settings. */
    public static GatewayConfig of(Settings settings) {
        UpstreamConfig only = new UpstreamConfig(UPSTREAM, settings, Optional.empty(), Optional.empty());
        RouteConfig any = RouteConfig.everything(UPSTREAM, settings.workload(), settings.timeouts(), StreamPolicy.LIVE);
        return new GatewayConfig(
                address(DEFAULT_LISTEN),
                Map.of(UPSTREAM, only),
                Map.of(RouteConfig.ANY, any),
                Optional.empty(),
                false,
                Optional.empty(),
                FrontLimits.USUAL,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                DEFAULT_DRAIN);
    }

    /** The same, listening elsewhere. */
    public GatewayConfig listeningOn(InetSocketAddress where) {
        return new GatewayConfig(
                where, providers, routes, keys, allowAnyone, tls, limits, accessLog, ledger, admin, drain);
    }

    /**
     * The same, with another API as its {@code upstream}; the proxy was for the one before.
     *
     * @throws IllegalArgumentException if it has only APIs with other names
     */
    public GatewayConfig inFrontOf(URI where) {
        if (!providers.containsKey(UPSTREAM)) {
            throw new IllegalArgumentException("the settings have no upstream that " + where
                    + " could take the place of, only the providers " + String.join(", ", providers.keySet()));
        }
        Map<String, UpstreamConfig> others = new LinkedHashMap<>(providers);
        others.computeIfPresent(
                UPSTREAM,
                (name, was) -> new UpstreamConfig(name, was.settings().inFrontOf(where), Optional.empty(), was.ca()));
        return new GatewayConfig(
                listen, others, routes, keys, allowAnyone, tls, limits, accessLog, ledger, admin, drain);
    }

    /** The same, which keeps what happened there. */
    public GatewayConfig keeping(LedgerConfig where) {
        return new GatewayConfig(
                listen, providers, routes, keys, allowAnyone, tls, limits, accessLog, Optional.of(where), admin, drain);
    }

    /**
     * Reads {@code backstay.yaml}.
     *
     * @throws IOException if it cannot be read, is not YAML, or has an unknown key
     * @throws IllegalArgumentException naming a setting with an impossible value, and the rule
     */
    public static GatewayConfig read(Path file, SettingsFile.Environment environment) throws IOException {
        return read(file, environment, Map.of());
    }

    /**
     * The same, where settings that stand neither in the file nor in the environment may have another value than they usually have.
     *
     * @param usual by their names: {@code admin.listen}
     */
    public static GatewayConfig read(Path file, SettingsFile.Environment environment, Map<String, String> usual)
            throws IOException {
        return new ConfigReader(file, environment, usual).read();
    }

    /** The provider of the targets that name none, if there is one. */
    public Optional<UpstreamConfig> upstream() {
        return Optional.ofNullable(providers.get(UPSTREAM));
    }

    /** The settings of environment variables alone, where there is no file. */
    public static GatewayConfig ofEnvironment(SettingsFile.Environment environment, Map<String, String> usual)
            throws IOException {
        return new ConfigReader(Path.of("backstay.yaml"), environment, usual).readNothing();
    }

    /** Those settings that differ from the ones a gateway has started with, and that it takes over only when it starts again. */
    public List<String> laterThan(GatewayConfig started) {
        Map<String, Boolean> same = new LinkedHashMap<>();
        same.put("listen", listen.equals(started.listen));
        same.put("max-attempts", maxAttempts() == started.maxAttempts());
        same.put("ledger, records", ledger.equals(started.ledger));
        same.put("admin", admin.equals(started.admin));
        same.put("drain", drain.equals(started.drain));
        return same.entrySet().stream()
                .filter(each -> !each.getValue())
                .map(Map.Entry::getKey)
                .toList();
    }

    /** All that is in force, as YAML, with defaults and without secrets. */
    public String effective() {
        return EffectiveConfig.yaml(this);
    }

    /** The files that these settings are made of, if this is where they stand. */
    public List<Path> files(Path file) {
        List<Path> files = new ArrayList<>(List.of(file));
        keys.ifPresent(files::add);
        tls.ifPresent(pair -> files.addAll(List.of(pair.certificate(), pair.key())));
        providers.values().forEach(each -> each.ca().ifPresent(files::add));
        return files;
    }

    /** What all attempts are made by. */
    public int maxAttempts() {
        return providers.values().iterator().next().settings().maxAttempts();
    }

    static boolean isLoopback(InetSocketAddress where) {
        return where.getAddress() != null && where.getAddress().isLoopbackAddress();
    }

    /** {@code 8080}, {@code :8080}, {@code 127.0.0.1:8080} or {@code [::1]:8080}. */
    public static InetSocketAddress address(String text) {
        return address("listen", text);
    }

    static InetSocketAddress address(String setting, String text) {
        int colon = text.lastIndexOf(':');
        String host = colon <= 0
                ? "127.0.0.1"
                : text.substring(0, colon).replace("[", "").replace("]", "");
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            if (port >= 0 && port <= LARGEST_PORT) {
                return new InetSocketAddress(host, port);
            }
        } catch (NumberFormatException notAPort) {
            // said below, like a port out of range
        }
        throw new IllegalArgumentException(setting + " is '" + text + "': it must be like 127.0.0.1:8080 or 8080");
    }
}
