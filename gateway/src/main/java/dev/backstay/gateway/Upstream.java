package dev.backstay.gateway;

import dev.backstay.client.Credential;
import dev.backstay.client.FailedAddresses;
import dev.backstay.gateway.config.UpstreamConfig;
import dev.backstay.wire.Classifier;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ssl.SslContext;
import io.netty.util.AsciiString;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** An API that calls are sent to: where it is, how it is reached, who pays, who understands its errors. Thread-safe. */
final class Upstream implements AutoCloseable {

    private static final int HTTPS = 443;
    private static final int HTTP = 80;
    private static final int PROXY = 3128;

    private final UpstreamConfig config;
    private final String host;
    private final int port;
    private final String path;
    private final String hostHeader;
    private final AsciiString keyHeader;
    private final Optional<String> key;
    private final String payer;
    private final Optional<SslContext> tls;
    private final Loops loops;
    private final Names names;
    private final FailedAddresses failed = new FailedAddresses();
    private final AtomicInteger inUse = new AtomicInteger();
    private final Map<EventLoop, UpstreamPool> pools = new ConcurrentHashMap<>();

    Upstream(UpstreamConfig config, Optional<SslContext> tls, Loops loops, Names names) {
        URI url = config.settings().url();
        this.config = config;
        this.host = url.getHost().replace("[", "").replace("]", "");
        this.tls = tls;
        this.port = url.getPort() > 0 ? url.getPort() : tls.isPresent() ? HTTPS : HTTP;
        this.path = url.getPath() == null ? "" : url.getPath().replaceAll("/+$", "");
        this.hostHeader = url.getPort() > 0 ? url.getHost() + ":" + port : url.getHost();
        this.keyHeader = AsciiString.cached(config.settings().keyHeader().name());
        this.key = config.settings().apiKey().map(config.settings().keyHeader()::value);
        this.payer = key.map(value -> Credential.of(name -> name.equals("authorization") ? List.of(value) : List.of()))
                .orElse("");
        this.loops = loops;
        this.names = names;
    }

    UpstreamConfig config() {
        return config;
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

    Optional<URI> proxy() {
        return config.proxy();
    }

    /** Whom we connect to: the API, or the proxy on the way to it. */
    InetSocketAddress firstHop() {
        URI proxy = config.proxy().orElse(null);
        return proxy == null
                ? InetSocketAddress.createUnresolved(host, port)
                : InetSocketAddress.createUnresolved(
                        proxy.getHost().replace("[", "").replace("]", ""),
                        proxy.getPort() > 0 ? proxy.getPort() : PROXY);
    }

    /** What a proxy is asked to connect to. */
    String hostAndPort() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }

    Classifier classifier() {
        return config.settings().provider().classifier();
    }

    Loops loops() {
        return loops;
    }

    Names names() {
        return names;
    }

    /** What calls on different hosts must not share. */
    String authority() {
        return host + ":" + port;
    }

    /** Whether we pay; else each caller brings a key, which is passed on. */
    boolean hasKey() {
        return key.isPresent();
    }

    /** Names our key without being it. Keys that differ share no limits and no refusals. */
    String payer() {
        return payer;
    }

    /** Connections that carry an attempt, or the rest of an answer. */
    AtomicInteger inUse() {
        return inUse;
    }

    /** Its addresses that failed lately. */
    FailedAddresses failed() {
        return failed;
    }

    /** The connections of this loop. */
    UpstreamPool pool(EventLoop loop) {
        return pools.computeIfAbsent(loop, l -> new UpstreamPool(this, l));
    }

    /** The path and query to send for what is below the API's version. */
    String path(String below) {
        return path + below;
    }

    /**
     * Copies what may be passed on, and sets what is ours.
     *
     * @param callersKeys whether the caller's key is for this API: not if it is one of ours
     */
    void headers(HttpHeaders from, HttpHeaders to, int bodyLength, String callId, boolean callersKeys) {
        PassedHeaders.toApi(from, to, callersKeys && key.isEmpty());
        to.set(HttpHeaderNames.HOST, hostHeader);
        to.set(HttpHeaderNames.ACCEPT_ENCODING, HttpHeaderValues.IDENTITY);
        if (bodyLength > 0 || from.contains(HttpHeaderNames.CONTENT_LENGTH)) {
            to.set(HttpHeaderNames.CONTENT_LENGTH, bodyLength);
        }
        if (key.isPresent()) {
            to.set(keyHeader, key.get());
        }
        if (!to.contains("x-request-id")) {
            to.set("x-request-id", callId);
        }
    }

    /** Idle connections are closed; those in use close when they are given back. */
    @Override
    public void close() {
        pools.values().forEach(UpstreamPool::close);
    }
}
