package dev.backstay.gateway.config;

import dev.backstay.client.SettingsFile;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The HTTP proxy that the environment asks for: {@code HTTPS_PROXY} or {@code HTTP_PROXY}, and not for the hosts in
 * {@code NO_PROXY}; capital letters or not, as curl has them (except that {@code HTTP_PROXY} is not read, which a CGI request can
 * set). Loopback addresses need none.
 */
final class Proxies {

    private Proxies() {}

    static Optional<URI> of(URI url, SettingsFile.Environment environment) {
        String host = String.valueOf(url.getHost());
        if (host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]")) {
            return Optional.empty();
        }
        boolean excepted = named("no_proxy", environment).stream()
                .flatMap(list -> Stream.of(list.split("[, ]+")))
                .anyMatch(entry -> covers(entry, host));
        if (excepted) {
            return Optional.empty();
        }
        Optional<String> said = "https".equals(url.getScheme())
                ? named("https_proxy", environment)
                : Optional.ofNullable(environment.get("http_proxy"));
        return said.or(() -> named("all_proxy", environment))
                .filter(text -> !text.isBlank())
                .map(text -> parse(text)
                        .orElseThrow(() -> new IllegalArgumentException(
                                "the proxy in the environment must be like http://proxy.example.com:3128, http only")));
    }

    private static Optional<String> named(String name, SettingsFile.Environment environment) {
        return Optional.ofNullable(environment.get(name))
                .or(() -> Optional.ofNullable(environment.get(name.toUpperCase(Locale.ROOT))));
    }

    /** {@code *} is everything; {@code example.com} and {@code .example.com} are that host and all below it. */
    private static boolean covers(String entry, String host) {
        String name = entry.strip().toLowerCase(Locale.ROOT).replaceFirst("^\\.", "");
        return name.equals("*") || !name.isEmpty() && (host.equals(name) || host.endsWith("." + name));
    }

    /** A proxy, if this is one that we can speak to. */
    static Optional<URI> parse(String text) {
        try {
            URI proxy = URI.create(text.contains("://") ? text.strip() : "http://" + text.strip());
            return "http".equalsIgnoreCase(proxy.getScheme()) && proxy.getHost() != null
                    ? Optional.of(proxy)
                    : Optional.empty();
        } catch (IllegalArgumentException notAUri) {
            return Optional.empty();
        }
    }
}
