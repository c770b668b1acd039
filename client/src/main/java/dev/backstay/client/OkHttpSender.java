package dev.backstay.client;

import java.io.IOException;
import java.net.Proxy;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import okhttp3.Authenticator;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.ConnectionPool;
import okhttp3.EventListener;
import okhttp3.Headers;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Sends over sockets. Everything that OkHttp would do by itself is off: trying again, following, and its clocks. Each phase is an
 * event here, and one watch closes an attempt whose clock ran out.
 *
 * <p>Thread-safe. Close it when nobody asks any more.
 */
public final class OkHttpSender implements Sender, AutoCloseable {

    private static final Headers NO_HEADERS = new Headers.Builder().build();
    private static final int UNAVAILABLE = 503;
    private static final int PROXY_ASKS = 407;

    /** A dead HTTP/2 connection is noticed by pings only, and would swallow every try. */
    private static final long PING_SECONDS = 10;

    /** Connections kept for the next call, and how long: shorter than servers keep them. */
    private static final int IDLE_CONNECTIONS = 64;

    private static final long IDLE_SECONDS = 50;

    private final Clock clock;
    private final OkHttpClient http;
    private final boolean ours;
    private final Watch watch = new Watch();
    private final Addresses addresses;

    /** One with connections of its own. */
    public OkHttpSender(Clock clock) {
        this(
                clock,
                new OkHttpClient.Builder()
                        .connectionPool(new ConnectionPool(IDLE_CONNECTIONS, IDLE_SECONDS, TimeUnit.SECONDS))
                        .build(),
                true);
    }

    /**
     * One that uses the TLS, proxy, DNS, connections, network interceptors and event listener of this client, and leaves it open. Its
     * application interceptors are not used: they are for calls and not for attempts, and one of them might try again.
     */
    public OkHttpSender(Clock clock, OkHttpClient like) {
        this(clock, like, false);
    }

    private OkHttpSender(Clock clock, OkHttpClient like, boolean ours) {
        this.clock = clock;
        this.ours = ours;
        OkHttpClient.Builder builder = like.newBuilder();
        builder.interceptors().clear();
        this.addresses = new Addresses(like.dns(), clock);
        if (like.pingIntervalMillis() == 0) {
            builder.pingInterval(PING_SECONDS, TimeUnit.SECONDS);
        }
        this.http = builder.retryOnConnectionFailure(false)
                .dns(addresses)
                .followRedirects(false)
                .callTimeout(0, TimeUnit.SECONDS)
                .connectTimeout(0, TimeUnit.SECONDS)
                .readTimeout(0, TimeUnit.SECONDS)
                .writeTimeout(0, TimeUnit.SECONDS)
                .addNetworkInterceptor(OkHttpSender::hideZero)
                .addNetworkInterceptor(chain -> chain.proceed(forProxy(chain, like.proxyAuthenticator())))
                .socketFactory(new KeepAlive(like.socketFactory()))
                .eventListenerFactory(call -> listener(call, like))
                .build();
    }

    private static EventListener listener(Call call, OkHttpClient like) {
        Trip trip = Objects.requireNonNull(call.request().tag(Trip.class));
        HostCall host = call.request().tag(HostCall.class);
        return host == null ? trip.tellAlso(like.eventListenerFactory().create(call)) : trip.tellAsPartOf(host);
    }

    /** OkHttp asks again by itself after a 503 with {@code Retry-After: 0}, which says nothing else. */
    private static Response hideZero(Interceptor.Chain chain) throws IOException {
        Response response = chain.proceed(chain.request());
        boolean zero = response.code() == UNAVAILABLE && "0".equals(response.header("Retry-After"));
        return zero ? response.newBuilder().removeHeader("Retry-After").build() : response;
    }

    /**
     * A proxy that is asked for a page in plain HTTP wants to know who asks. OkHttp would tell it after a 407, which means sending twice,
     * so it is told at once, in the way in which OkHttp asks for credentials before it opens a tunnel.
     */
    private static Request forProxy(Interceptor.Chain chain, Authenticator authenticator) throws IOException {
        Request request = chain.request();
        Connection connection = chain.connection();
        boolean plain = connection != null
                && connection.route().proxy().type() == Proxy.Type.HTTP
                && !request.isHttps()
                && request.header("Proxy-Authorization") == null;
        if (!plain) {
            return request;
        }
        Response asked = new Response.Builder()
                .request(request)
                .protocol(Protocol.HTTP_1_1)
                .code(PROXY_ASKS)
                .message("Preemptive Authenticate")
                .header("Proxy-Authenticate", "OkHttp-Preemptive")
                .build();
        Request answer = authenticator.authenticate(connection.route(), asked);
        String who = answer == null ? null : answer.header("Proxy-Authorization");
        return who == null
                ? request
                : request.newBuilder().header("Proxy-Authorization", who).build();
    }

    @Override
    public Incoming send(Ask ask, Journey journey) throws InterruptedException, Broken {
        Trip trip = new Trip(
                journey, clock, watch, addresses, () -> http.connectionPool().evictAll());
        Request.Builder builder = ask.host()
                .map(host -> host.request().newBuilder().headers(NO_HEADERS).tag(HostCall.class, host))
                .orElseGet(Request.Builder::new)
                .url(ask.url().toString())
                .tag(Trip.class, trip);
        ask.headers().forEach(builder::header);
        boolean bodiless = ask.method().equals("GET")
                || ask.method().equals("HEAD")
                || ask.body().type().isEmpty() && ask.method().equals("DELETE");
        Request request = builder.method(ask.method(), bodiless ? null : new Outgoing(ask.body(), trip))
                .build();
        return trip.go(http.newCall(request));
    }

    /** For who has to wake somebody later; nothing slow may run on it. */
    ScheduledExecutorService timer() {
        return watch.timer();
    }

    /** Connections that carry an attempt now; one that is let go of between the two counts was idle. */
    int connectionsInUse() {
        int idle = http.connectionPool().idleConnectionCount();
        return Math.max(0, http.connectionPool().connectionCount() - idle);
    }

    @Override
    public void close() {
        watch.close();
        if (ours) {
            http.dispatcher().executorService().shutdown();
            http.connectionPool().evictAll();
        }
    }
}
