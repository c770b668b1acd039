package dev.backstay.gateway.config;

import dev.backstay.client.Settings;
import dev.backstay.client.SettingsFile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * An API that targets may name.
 *
 * @param name what targets call it; {@code upstream} is the one that targets mean if they name none
 * @param settings where it is, who pays, whose errors it speaks
 * @param proxy an HTTP proxy on the way: {@code http://[USER:PASSWORD@]HOST:PORT}; without one, what the environment says
 * @param ca certificates to trust instead of Java's, as PEM
 */
public record UpstreamConfig(String name, Settings settings, Optional<URI> proxy, Optional<Path> ca) {

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    static UpstreamConfig of(
            String name, SettingsFile.Upstream entry, GatewayFile file, SettingsFile.Environment environment) {
        String prefix = name.equals(GatewayConfig.UPSTREAM) ? "upstream." : "providers." + name + ".";
        try {
            Settings settings =
                    new SettingsFile(entry, file.maxAttempts(), file.workload(), file.timeouts()).settings(environment);
            Optional<URI> proxy = Optional.ofNullable(entry.proxy())
                    .map(UpstreamConfig::proxy)
                    .or(() -> Proxies.of(settings.url(), environment));
            return new UpstreamConfig(
                    name, settings, proxy, Optional.ofNullable(entry.ca()).map(UpstreamConfig::ca));
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException(
                    String.valueOf(wrong.getMessage()).replace("upstream.", prefix));
        }
    }

    private static URI proxy(String text) {
        return Proxies.parse(text)
                .orElseThrow(() -> new IllegalArgumentException(
                        "upstream.proxy must be like http://proxy.example.com:3128, http only"));
    }

    private static Path ca(String text) {
        Path file = Path.of(text);
        if (!Files.isReadable(file)) {
            throw new IllegalArgumentException("upstream.ca is '" + text + "', which cannot be read");
        }
        return file;
    }

    /** Neither the key nor the proxy's password is shown. */
    @Override
    public String toString() {
        return settings.toString();
    }
}
