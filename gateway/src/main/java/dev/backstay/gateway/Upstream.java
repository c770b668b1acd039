package dev.backstay.gateway;

import dev.backstay.client.Credential;
import dev.backstay.wire.Classifier;
import dev.backstay.wire.Endpoint;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ssl.SslContext;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The API that calls are sent to: where it is, how it is reached, who understands its errors. Thread-safe. */
final class Upstream implements AutoCloseable {

    private static final int HTTPS = 443;
    private static final int HTTP = 80;

    /** Said anew for our own connection; answers must come uncompressed, because they are looked at. */
    private static final Set<String> REPLACED = Set.of("host", "expect", "accept-encoding");

    private final String host;
    private final int port;
    private final String path;
    private final String hostHeader;
    private final Optional<String> authorization;
    private final Optional<SslContext> tls;
    private final Classifier classifier;
    private final AddressResolverGroup<InetSocketAddress> resolver;
    private final Loops loops;
    private final Map<EventLoop, UpstreamPool> pools = new ConcurrentHashMap<>();

    Upstream(GatewayConfig config, Optional<SslContext> tls, Loops loops) {
        URI url = config.settings().url();
        this.host = url.getHost().replace("[", "").replace("]", "");
        this.tls = tls;
        this.port = url.getPort() > 0 ? url.getPort() : tls.isPresent() ? HTTPS : HTTP;
        this.path = url.getPath() == null ? "" : url.getPath().replaceAll("/+$", "");
        this.hostHeader = url.getPort() > 0 ? url.getHost() + ":" + port : url.getHost();
        this.authorization = config.settings().apiKey().map(key -> "Bearer " + key);
        this.classifier = config.settings().provider().classifier();
        this.loops = loops;
        this.resolver = new DnsAddressResolverGroup(new DnsNameResolverBuilder().datagramChannelType(loops.datagram()));
    }

    String host() {
        return host;
    }

    int port() {
        return port;
    }

    Optional<SslContext> tls() {
        return tls;
    }

    Classifier classifier() {
        return classifier;
    }

    Loops loops() {
        return loops;
    }

    AddressResolverGroup<InetSocketAddress> resolver() {
        return resolver;
    }

    /** What calls on different hosts must not share. */
    String authority() {
        return host + ":" + port;
    }

    /** The connections of this loop. */
    UpstreamPool pool(EventLoop loop) {
        return pools.computeIfAbsent(loop, l -> new UpstreamPool(this, l));
    }

    /** The path and query to send for a caller's. */
    String path(Endpoint endpoint, String callersUri) {
        int query = callersUri.indexOf('?');
        return path + endpoint.path() + (query < 0 ? "" : callersUri.substring(query));
    }

    /** Names the key that pays, without being it: empty if it is ours. Keys that differ share no limits and no refusals. */
    String credential(HttpHeaders from) {
        if (authorization.isPresent()) {
            return "";
        }
        return Credential.of(from::getAll);
    }

    /** Copies what may be passed on, and sets what is ours. */
    void headers(HttpHeaders from, HttpHeaders to, int bodyLength, String callId) {
        Set<String> hopByHop = HopByHop.of(from);
        for (Map.Entry<String, String> header : from) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            boolean credential = authorization.isPresent() && Credential.HEADERS.contains(name);
            if (!hopByHop.contains(name) && !REPLACED.contains(name) && !credential && !name.startsWith("backstay-")) {
                to.add(name, header.getValue());
            }
        }
        to.set(HttpHeaderNames.HOST, hostHeader);
        if (bodyLength > 0) {
            to.set(HttpHeaderNames.CONTENT_LENGTH, bodyLength);
        }
        authorization.ifPresent(value -> to.set(HttpHeaderNames.AUTHORIZATION, value));
        if (!to.contains("x-request-id")) {
            to.set("x-request-id", callId);
        }
    }

    @Override
    public void close() {
        pools.values().forEach(UpstreamPool::close);
        resolver.close();
    }
}
