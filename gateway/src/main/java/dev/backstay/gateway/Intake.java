package dev.backstay.gateway;

import dev.backstay.client.Credential;
import dev.backstay.client.Durations;
import dev.backstay.core.Priority;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.gateway.config.RouteConfig;
import dev.backstay.gateway.keys.CallerKey;
import dev.backstay.wire.Endpoint;
import dev.backstay.wire.RequestPeek;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufInputStream;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import java.time.Duration;
import java.util.Optional;

/**
 * Is this a request that we serve, whose is it, and what does it want? First by its head, before any of its body is read, then as a
 * whole.
 */
final class Intake {

    private static final Duration LONGEST = Duration.ofHours(24);
    private static final String BEARER = "Bearer ";
    private static final String TIMEOUT = "Backstay-Timeout";

    private Intake() {}

    /**
     * What its head says.
     *
     * @param key whose it is, if callers need keys
     */
    record Door(Serving serving, Endpoint endpoint, Optional<CallerKey> key) {}

    /** @throws Refused if it is not for us, or not from somebody we know */
    static Door door(HttpRequest head, Serving serving) throws Refused {
        Endpoint endpoint = Endpoint.of(head.uri())
                .orElseThrow(() -> new Refused(
                        404,
                        "unknown_path",
                        "there is no such path here; there is POST /v1/chat/completions, /v1/completions, /v1/embeddings,"
                                + " /v1/responses, /v1/messages and GET /v1/models, also under /inference"));
        if (!endpoint.method().equals(head.method().name())) {
            throw new Refused(405, "wrong_method", "use " + endpoint.method() + " for this path");
        }
        return new Door(
                serving, endpoint, serving.keys().isEmpty() ? Optional.empty() : Optional.of(key(head, serving)));
    }

    private static CallerKey key(HttpRequest head, Serving serving) throws Refused {
        String token = token(head.headers());
        if (token.isEmpty()) {
            throw new Refused(
                    401, "no_key", "send a key of this gateway: Authorization: Bearer bks_…, or x-api-key: bks_…");
        }
        return serving.keys()
                .flatMap(ring -> ring.find(token))
                .orElseThrow(() -> new Refused(401, "wrong_key", "this is not a key of this gateway, or no longer"));
    }

    private static String token(HttpHeaders headers) {
        String authorization = headers.get(HttpHeaderNames.AUTHORIZATION);
        if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return authorization.substring(BEARER.length()).strip();
        }
        String key = headers.get("x-api-key");
        return key == null ? "" : key.strip();
    }

    /** @throws Refused if its body, its headers or its model are not served */
    static Inbound inbound(HttpRequest head, Door door, ByteBuf bytes) throws Refused {
        RequestPeek peek = peek(door.endpoint(), bytes);
        boolean callersKeys = door.key().isEmpty();
        Routes.Way way = way(head, door, peek, callersKeys);
        RouteConfig route = way.config();
        Workload.Choice workload = workload(head, route, peek);
        Timeouts clocks = clocks(head, way, workload);
        StreamPolicy stream = stream(head, route);
        if (stream == StreamPolicy.RESUME) {
            boolean text = door.endpoint() == Endpoint.CHAT_COMPLETIONS || door.endpoint() == Endpoint.COMPLETIONS;
            stream = text && peek.plainText() && peek.streamed() ? StreamPolicy.RESUME : StreamPolicy.LIVE;
            way = door.endpoint() == Endpoint.COMPLETIONS ? way.resuming() : way;
        }
        return new Inbound(
                head,
                door.endpoint(),
                bytes,
                peek,
                way,
                door.key(),
                workload,
                clocks,
                head.headers().contains(TIMEOUT)
                        || way.config().timeouts().total().isPresent(),
                priority(head, door.key()),
                stream);
    }

    private static RequestPeek peek(Endpoint endpoint, ByteBuf bytes) throws Refused {
        if (endpoint == Endpoint.MODELS) {
            return RequestPeek.NO_BODY;
        }
        try {
            return RequestPeek.of(new ByteBufInputStream(bytes.duplicate()), bytes.readableBytes());
        } catch (RequestPeek.NotJson notJson) {
            throw new Refused(400, "bad_request", String.valueOf(notJson.getMessage()));
        }
    }

    private static Routes.Way way(HttpRequest head, Door door, RequestPeek peek, boolean callersKeys) throws Refused {
        String model = peek.model();
        if (door.key().isPresent()
                && !model.isEmpty()
                && !door.key().get().limits().mayUse(model)) {
            throw new Refused(403, "model_not_allowed", "this key may not use the model '" + model + "'");
        }
        String payer =
                callersKeys && !door.serving().routes().allHaveKeys() ? Credential.of(head.headers()::getAll) : "";
        return door.serving()
                .routes()
                .find(model, payer)
                .orElseThrow(() -> new Refused(
                        404, "model_not_found", "there is no model '" + model + "' here; GET /v1/models lists them"));
    }

    private static Workload.Choice workload(HttpRequest head, RouteConfig route, RequestPeek peek) throws Refused {
        String declared = head.headers().get("Backstay-Workload");
        if (declared != null) {
            return new Workload.Choice(
                    Workload.named(declared)
                            .orElseThrow(() -> new Refused(
                                    400,
                                    "bad_workload",
                                    "Backstay-Workload must be interactive, agentic, long-context or batch-submit")),
                    "declared");
        }
        return route.workload()
                .map(set -> new Workload.Choice(set, "set"))
                .orElseGet(
                        () -> Workload.infer(peek.hasTools(), peek.reasons(), peek.promptTokens(), peek.outputLimit()));
    }

    /** The nearest word wins: the caller's, its SDK's, that of the route or the file, and the workload's. */
    private static Timeouts clocks(HttpRequest head, Routes.Way way, Workload.Choice workload) throws Refused {
        Timeouts clocks = way.clocks()
                .getOrDefault(workload.workload(), workload.workload().timeouts());
        String wanted = head.headers().get(TIMEOUT);
        if (wanted == null) {
            Duration patience = SdkPatience.of(head.headers());
            return patience.compareTo(clocks.total()) > 0 ? within(patience, way, workload) : clocks;
        }
        Duration deadline = Durations.parse(wanted)
                .filter(time -> !time.isZero() && time.compareTo(LONGEST) < 0)
                .orElseThrow(
                        () -> new Refused(400, "bad_timeout", TIMEOUT + ": " + Durations.EXPECTED + ", at most 24h"));
        return within(deadline, way, workload);
    }

    private static Timeouts within(Duration total, Routes.Way way, Workload.Choice workload) {
        return way.config()
                .timeouts()
                .withTotal(total)
                .fitted(workload.workload().timeouts());
    }

    private static StreamPolicy stream(HttpRequest head, RouteConfig route) throws Refused {
        String wanted = head.headers().get("Backstay-Stream");
        return wanted == null
                ? route.stream()
                : StreamPolicy.named(wanted)
                        .orElseThrow(
                                () -> new Refused(400, "bad_stream", "Backstay-Stream must be live, whole or resume"));
    }

    /** Whoever has a key may ask for less urgency than it allows, not for more. */
    private static Priority priority(HttpRequest head, Optional<CallerKey> key) throws Refused {
        Priority most = key.map(known -> known.limits().most()).orElse(Priority.DEFAULT);
        String wanted = head.headers().get("Backstay-Priority");
        if (wanted == null) {
            return most;
        }
        Priority asked = Priority.named(wanted)
                .orElseThrow(() -> new Refused(
                        400, "bad_priority", "Backstay-Priority must be critical, default, sheddable or batch"));
        return key.isPresent() && asked.compareTo(most) < 0 ? most : asked;
    }
}
