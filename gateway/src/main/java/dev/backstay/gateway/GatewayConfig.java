package dev.backstay.gateway;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway is told.
 *
 * @param listen where callers connect; loopback unless told otherwise
 * @param upstream the base URL of the API, with its version: {@code https://api.fireworks.ai/inference/v1}
 * @param provider whose errors it speaks
 * @param apiKey sent upstream instead of what callers send; without one, their own is passed on
 * @param maxAttempts tries of one call
 * @param drain how long running calls may go on after a stop was asked for
 */
public record GatewayConfig(
        InetSocketAddress listen,
        URI upstream,
        Provider provider,
        Optional<String> apiKey,
        int maxAttempts,
        Duration drain) {

    /** Fireworks AI's OpenAI-compatible API. */
    public static final URI FIREWORKS = URI.create("https://api.fireworks.ai/inference/v1");

    /** Where it listens unless told otherwise. */
    public static final String DEFAULT_LISTEN = "127.0.0.1:8080";

    private static final int DEFAULT_ATTEMPTS = 6;
    private static final Duration DEFAULT_DRAIN = Duration.ofSeconds(30);
    private static final int LARGEST_PORT = 65_535;

    /** Whose error bodies and rules. */
    public enum Provider {
        FIREWORKS,
        OPENAI;

        static Provider named(String name) {
            for (Provider provider : values()) {
                if (provider.name().equalsIgnoreCase(name)) {
                    return provider;
                }
            }
            throw new IllegalArgumentException(
                    "upstream.provider is '" + name + "': it must be fireworks or openai (any OpenAI-compatible API)");
        }
    }

    public GatewayConfig {
        String scheme = upstream.getScheme();
        if (upstream.getHost() == null || !"http".equals(scheme) && !"https".equals(scheme)) {
            throw new IllegalArgumentException("upstream.url is '" + upstream + "': it must be like " + FIREWORKS
                    + ", with http or https and a host");
        }
        if (apiKey.isPresent() && scheme.equals("http") && !isLoopback(upstream.getHost())) {
            throw new IllegalArgumentException("upstream.url is '" + upstream
                    + "': an API key is not sent over plain http to another machine; use https");
        }
        if (maxAttempts < 1) {
            throw new IllegalArgumentException("max-attempts is " + maxAttempts + ": it must be at least 1");
        }
        if (drain.isNegative() || drain.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException("drain is " + drain + ": it must be from 0s to 1h");
        }
    }

    /** The key is not shown. */
    @Override
    public String toString() {
        return "listen " + listen + ", upstream " + upstream + " ("
                + provider.name().toLowerCase(Locale.ROOT)
                + (apiKey.isPresent() ? ", with our key)" : ", with the callers' keys)");
    }

    /** The defaults in front of this API. */
    public static GatewayConfig defaults(URI upstream, Optional<String> apiKey) {
        return new GatewayConfig(
                address(DEFAULT_LISTEN), upstream, Provider.FIREWORKS, apiKey, DEFAULT_ATTEMPTS, DEFAULT_DRAIN);
    }

    /** The same, listening elsewhere. */
    public GatewayConfig listeningOn(InetSocketAddress where) {
        return new GatewayConfig(where, upstream, provider, apiKey, maxAttempts, drain);
    }

    /** The same, in front of another API. */
    public GatewayConfig inFrontOf(URI where) {
        return new GatewayConfig(listen, where, provider, apiKey, maxAttempts, drain);
    }

    /** {@code backstay.yaml} as it is written; what does not stand there has its default. */
    private record Yaml(
            @Nullable String listen,
            @Nullable Upstream upstream,
            @JsonProperty("max-attempts") @Nullable Integer maxAttempts,
            @Nullable String drain) {
        private record Upstream(
                @Nullable String url,
                @Nullable String provider,
                @JsonProperty("api-key-env") @Nullable String apiKeyEnv) {}
    }

    /** Looks up environment variables. */
    @FunctionalInterface
    public interface Environment {
        @Nullable
        String get(String name);
    }

    /**
     * Reads {@code backstay.yaml}.
     *
     * @throws IOException if it cannot be read, is not YAML, or has an unknown key
     * @throws IllegalArgumentException naming a setting with an impossible value, and the rule
     */
    public static GatewayConfig read(Path file, Environment environment) throws IOException {
        Yaml yaml = JsonMapper.builder(new YAMLFactory()).build().readValue(Files.readString(file), Yaml.class);
        Yaml all = yaml == null ? new Yaml(null, null, null, null) : yaml;
        Yaml.Upstream up = all.upstream == null ? new Yaml.Upstream(null, null, null) : all.upstream;
        String keyName = up.apiKeyEnv == null ? "FIREWORKS_API_KEY" : up.apiKeyEnv;
        Optional<String> key = Optional.ofNullable(environment.get(keyName)).filter(value -> !value.isBlank());
        if (up.apiKeyEnv != null && key.isEmpty()) {
            throw new IllegalArgumentException("upstream.api-key-env names " + keyName + ", which is not set");
        }
        return new GatewayConfig(
                address(all.listen == null ? DEFAULT_LISTEN : all.listen),
                up.url == null ? FIREWORKS : uri(up.url),
                up.provider == null ? Provider.FIREWORKS : Provider.named(up.provider),
                key,
                all.maxAttempts == null ? DEFAULT_ATTEMPTS : all.maxAttempts,
                all.drain == null
                        ? DEFAULT_DRAIN
                        : Durations.parse(all.drain)
                                .orElseThrow(() -> new IllegalArgumentException(
                                        "drain is '" + all.drain + "': " + Durations.EXPECTED)));
    }

    /** {@code 8080}, {@code :8080}, {@code 127.0.0.1:8080} or {@code [::1]:8080}. */
    public static InetSocketAddress address(String text) {
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
        throw new IllegalArgumentException("listen is '" + text + "': it must be like 127.0.0.1:8080 or 8080");
    }

    private static URI uri(String text) {
        try {
            return URI.create(text);
        } catch (IllegalArgumentException notAUri) {
            throw new IllegalArgumentException("upstream.url is '" + text + "': it must be like " + FIREWORKS);
        }
    }

    static boolean isLoopback(String host) {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]") || host.equals("::1");
    }
}
