package dev.backstay.gateway;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.backstay.core.Engine;
import dev.backstay.wire.Endpoint;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** What the gateway itself answers: its health, its metrics, its models. */
final class Pages {

    static final String LIVE = "/health/live";
    static final String READY = "/health/ready";
    static final String TARGETS = "/health/targets";
    static final String METRICS = "/metrics";

    private static final Set<String> ALL = Set.of(LIVE, READY, TARGETS, METRICS);
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String JSON_TYPE = "application/json";
    private static final JsonMapper JSON = new JsonMapper();

    private final PrometheusMeterRegistry registry;
    private final Engine engine;
    private final BooleanSupplier draining;

    Pages(PrometheusMeterRegistry registry, Engine engine, BooleanSupplier draining) {
        this.registry = registry;
        this.engine = engine;
        this.draining = draining;
    }

    /** Whether this asks for one of them. */
    boolean has(HttpRequest request) {
        return request.uri().length() <= TARGETS.length()
                && ALL.contains(request.uri())
                && request.method().name().equals("GET");
    }

    void write(ChannelHandlerContext caller, HttpRequest request) {
        switch (request.uri()) {
            case LIVE -> write(caller, request, HttpResponseStatus.OK, TEXT, "live\n");
            case READY -> {
                boolean stopping = draining.getAsBoolean();
                write(
                        caller,
                        request,
                        stopping ? HttpResponseStatus.SERVICE_UNAVAILABLE : HttpResponseStatus.OK,
                        TEXT,
                        stopping ? "draining\n" : "ready\n");
            }
            case TARGETS -> write(caller, request, HttpResponseStatus.OK, JSON_TYPE, targets());
            default -> write(caller, request, HttpResponseStatus.OK, TEXT, registry.scrape());
        }
    }

    /** The targets asked lately, and whether they are taken to be alive. */
    private String targets() {
        ObjectNode page = JSON.createObjectNode();
        ArrayNode list = page.putArray("targets");
        engine.targets()
                .forEach((target, state) -> list.addObject()
                        .put("host", target.host())
                        .put("model", target.model())
                        .put("gate", state.gate().state().name().toLowerCase(Locale.ROOT))
                        .put("in_flight", state.limiter().inFlight()));
        return page + "\n";
    }

    /**
     * Answers who asks for the names of the routes, or for one of them, as OpenAI tells about models; only of those that the caller's key
     * may use.
     *
     * @return whether that was asked for
     */
    boolean tellsModels(ChannelHandlerContext caller, HttpRequest request, Intake.Door door) {
        String path = Endpoint.withoutQuery(door.path());
        if (!request.method().name().equals("GET") || !path.startsWith(Endpoint.MODELS.path())) {
            return false;
        }
        List<String> names = door.serving().routes().names().stream()
                .filter(name ->
                        door.key().isEmpty() || door.key().get().limits().mayUse(name))
                .toList();
        String asked = decoded(path.substring(Endpoint.MODELS.path().length()));
        ObjectNode page = JSON.createObjectNode();
        if (names.contains(asked.substring(Math.min(1, asked.length())))) {
            model(page, asked.substring(1));
        } else if (asked.isEmpty() && door.serving().routes().hasNames()) {
            ArrayNode data = page.put("object", "list").putArray("data");
            names.forEach(name -> model(data.addObject(), name));
        } else {
            return false;
        }
        write(caller, request, HttpResponseStatus.OK, JSON_TYPE, page.toString());
        return true;
    }

    private static String decoded(String path) {
        try {
            return QueryStringDecoder.decodeComponent(path);
        } catch (IllegalArgumentException notEncodedSo) {
            return path;
        }
    }

    private static void model(ObjectNode into, String name) {
        into.put("id", name).put("object", "model").put("created", 0).put("owned_by", "backstay");
    }

    private void write(
            ChannelHandlerContext caller, HttpRequest request, HttpResponseStatus status, String type, String text) {
        FullHttpResponse answer = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
        answer.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, type)
                .set(HttpHeaderNames.CONTENT_LENGTH, answer.content().readableBytes());
        boolean keepAlive = HttpUtil.isKeepAlive(request) && !draining.getAsBoolean();
        HttpUtil.setKeepAlive(answer.headers(), request.protocolVersion(), keepAlive);
        var written = caller.writeAndFlush(answer);
        if (!keepAlive) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }
}
