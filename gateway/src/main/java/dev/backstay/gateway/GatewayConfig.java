package dev.backstay.gateway;

import dev.backstay.client.Settings;
import dev.backstay.client.SettingsFile;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What a gateway is told.
 *
 * @param listen where callers connect; loopback unless told otherwise
 * @param settings whom it asks and how; its key is sent instead of what callers send, and without one their own is passed on
 * @param drain how long running calls may go on after a stop was asked for
 */
public record GatewayConfig(InetSocketAddress listen, Settings settings, Duration drain) {

    /** Where it listens unless told otherwise. */
    public static final String DEFAULT_LISTEN = "127.0.0.1:8080";

    private static final Duration DEFAULT_DRAIN = Duration.ofSeconds(30);
    private static final int LARGEST_PORT = 65_535;

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public GatewayConfig {
        if (drain.isNegative() || drain.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException("drain is " + drain + ": it must be from 0s to 1h");
        }
    }

    /** The key is not shown. */
    @Override
    public String toString() {
        return "listen " + listen + ", upstream " + settings;
    }

    /** The defaults in front of this API. */
    public static GatewayConfig defaults(URI upstream, Optional<String> apiKey) {
        return new GatewayConfig(address(DEFAULT_LISTEN), Settings.of(upstream, apiKey), DEFAULT_DRAIN);
    }

    /** The same, listening elsewhere. */
    public GatewayConfig listeningOn(InetSocketAddress where) {
        return new GatewayConfig(where, settings, drain);
    }

    /** The same, in front of another API. */
    public GatewayConfig inFrontOf(URI where) {
        return new GatewayConfig(listen, settings.inFrontOf(where), drain);
    }

    /**
     * Reads {@code backstay.yaml}.
     *
     * @throws IOException if it cannot be read, is not YAML, or has an unknown key
     * @throws IllegalArgumentException naming a setting with an impossible value, and the rule
     */
    public static GatewayConfig read(Path file, SettingsFile.Environment environment) throws IOException {
        SettingsFile written = SettingsFile.read(file);
        return new GatewayConfig(
                address(written.listen() == null ? DEFAULT_LISTEN : written.listen()),
                written.settings(environment),
                SettingsFile.time("drain", written.drain(), DEFAULT_DRAIN));
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
}
