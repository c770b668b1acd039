package dev.backstay.gateway;

import com.fasterxml.jackson.core.JacksonException;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.gateway.config.UpstreamConfig;
import dev.backstay.gateway.keys.KeyFile;
import dev.backstay.gateway.keys.KeyRing;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * What is in force: the settings and what was made of them. A call keeps the one it began with, so that a reload changes nothing
 * for it. Immutable.
 */
record Serving(
        GatewayConfig config,
        Map<String, Upstream> upstreams,
        Routes routes,
        Optional<KeyRing> keys,
        Optional<SslContext> tls) {

    /** Makes what the settings say; an API that is the same as {@code before} keeps its connections. */
    static Serving of(GatewayConfig config, Means means, Map<String, Upstream> before) throws IOException {
        Map<String, Upstream> upstreams = new LinkedHashMap<>();
        for (UpstreamConfig wanted : config.providers().values()) {
            Upstream same = before.get(wanted.name());
            boolean keep =
                    same != null && wanted.ca().isEmpty() && same.config().equals(wanted);
            upstreams.put(
                    wanted.name(),
                    keep ? same : new Upstream(wanted, tls(wanted, means.trusted), means.loops, means.names));
        }
        return new Serving(
                config,
                upstreams,
                new Routes(config.routes(), upstreams, config.keys().isEmpty()),
                config.keys().isEmpty()
                        ? Optional.empty()
                        : Optional.of(keys(config.keys().get())),
                config.tls().isEmpty()
                        ? Optional.empty()
                        : Optional.of(Certificates.server(config.tls().get())));
    }

    private static KeyRing keys(Path file) throws IOException {
        try {
            return new KeyRing(KeyFile.read(file));
        } catch (JacksonException notKeys) {
            throw new IOException(file + " is not a file of keys: " + notKeys.getOriginalMessage());
        }
    }

    /**
     * What connections are made with.
     *
     * @param trusted the only certificate to trust, for instance a simulator's
     */
    record Means(Loops loops, Names names, Optional<X509Certificate> trusted) {}

    private static Optional<SslContext> tls(UpstreamConfig config, Optional<X509Certificate> trusted)
            throws SSLException {
        if (!"https".equals(config.settings().url().getScheme())) {
            return Optional.empty();
        }
        SslContextBuilder builder =
                SslContextBuilder.forClient().sslProvider(SslProvider.JDK).endpointIdentificationAlgorithm("HTTPS");
        trusted.ifPresent(builder::trustManager);
        config.ca().ifPresent(file -> builder.trustManager(file.toFile()));
        return Optional.of(builder.build());
    }

    /** APIs that another one no longer uses let go of their connections. */
    void closeAllBut(Map<String, Upstream> kept) {
        upstreams.forEach((name, upstream) -> {
            if (kept.get(name) != upstream) {
                upstream.close();
            }
        });
    }
}
