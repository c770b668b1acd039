package dev.backstay.gateway;

import static java.util.regex.Pattern.CASE_INSENSITIVE;

import dev.backstay.client.Credential;
import dev.backstay.client.Durations;
import dev.backstay.core.Cutoff;
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
import io.netty.util.AsciiString;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Is this a request that we serve, whose is it, and what does it want? First by its head, before any of its body is read, then as a
 * whole.
 */
final class Intake {

    private static final Duration LONGEST = Duration.ofHours(24);
    private static final String IDENTITY = "identity";
    private static final String BEARER = "Bearer ";
    private static final Set<String> NOT_PASSED = Set.of("CONNECT", "TRACE");

    /** Segments that servers take for the folder above, plain or encoded, and empty ones. */
    private static final Pattern LEADS_OUT =
            Pattern.compile("//|\\\\|%5c|(/|%2f)(\\.|%2e){1,2}(/|%2f|;|$)", CASE_INSENSITIVE);

    // Their hashes are known, and a request is asked for each of them.
    private static final AsciiString TIMEOUT = AsciiString.cached("Backstay-Timeout");
    private static final AsciiString WORKLOAD = AsciiString.cached("Backstay-Workload");
    private static final AsciiString STREAM = AsciiString.cached("Backstay-Stream");
    private static final AsciiString PRIORITY = AsciiString.cached("Backstay-Priority");

    private Intake() {}

    /**
     * What its head says.
     *
     * @param endpoint what it asks; empty if it is passed on as it is
     * @param path below the API's version, with its query
     * @param key whose it is, if callers need keys
     */
    record Door(Serving serving, Optional<Endpoint> endpoint, String path, Optional<CallerKey> key) {}

    /** @throws Refused if it is not for us, or not from somebody we know */
    static Door door(HttpRequest head, Serving serving) throws Refused {
        String path = Endpoint.belowVersion(head.uri())
                .orElseThrow(() -> new Refused(
                        404,
                        "unknown_path",
                        "there is no such path here; those of an API begin with /v1/, as in POST /v1/chat/completions,"
                                + " also under /inference"));
        if (NOT_PASSED.contains(head.method().name())) {
            throw new Refused(405, "wrong_method", "this method is not passed on");
        }
        Optional<Endpoint> known = Endpoint.of(head.uri());
        if (known.isEmpty() && LEADS_OUT.matcher(Endpoint.withoutQuery(path)).find()) {
            throw new Refused(
                    400, "bad_uri", "the path must not lead out of the API: it has dots, or slashes in a row");
        }
        Optional<CallerKey> key = serving.keys().isEmpty() ? Optional.empty() : Optional.of(key(head, serving));
        Optional<Endpoint> endpoint =
                known.filter(one -> one.method().equals(head.method().name()));
        return new Door(serving, endpoint, path, key);
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
        RequestPeek peek = peek(head, door, bytes);
        boolean callersKeys = door.key().isEmpty();
        Routes.Way way = way(head, door, peek, callersKeys);
        RouteConfig route = way.config();
        Workload.Choice workload = workload(head, route, peek, door.endpoint().isEmpty());
        Time time = time(head, way, workload);
        StreamPolicy stream = door.endpoint().isPresent() ? stream(head, route) : StreamPolicy.LIVE;
        if (stream == StreamPolicy.RESUME) {
            Endpoint endpoint = door.endpoint().get();
            boolean text = endpoint == Endpoint.CHAT_COMPLETIONS || endpoint == Endpoint.COMPLETIONS;
            stream = text && peek.plainText() && peek.streamed() ? StreamPolicy.RESUME : StreamPolicy.LIVE;
            way = endpoint == Endpoint.COMPLETIONS ? way.resuming() : way;
        }
        return new Inbound(
                head,
                door.endpoint(),
                door.path(),
                bytes,
                peek,
                way,
                door.key(),
                workload,
                time.clocks(),
                time.cutoff(),
                priority(head, door.key()),
                stream);
    }

    /** What is passed on as it is need not be JSON, and what is packed is read by the API alone. */
    private static RequestPeek peek(HttpRequest head, Door door, ByteBuf bytes) throws Refused {
        boolean inference =
                door.endpoint().filter(endpoint -> endpoint != Endpoint.MODELS).isPresent();
        String packed = head.headers().get(HttpHeaderNames.CONTENT_ENCODING, IDENTITY);
        if (!packed.equalsIgnoreCase(IDENTITY)) {
            if (inference && door.serving().routes().hasNames()) {
                throw new Refused(
                        415,
                        "packed_body",
                        "the body is packed, so nobody can tell which model it names; send it without Content-Encoding");
            }
            return RequestPeek.NO_BODY;
        }
        if (!inference && (!bytes.isReadable() || bytes.getByte(bytes.readerIndex()) != '{')) {
            return RequestPeek.NO_BODY;
        }
        try {
            return RequestPeek.of(new ByteBufInputStream(bytes.duplicate()), bytes.readableBytes());
        } catch (RequestPeek.NotJson notJson) {
            if (!inference) {
                return RequestPeek.NO_BODY;
            }
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
        boolean passed = door.endpoint().isEmpty() && model.isEmpty();
        if (passed && door.key().isPresent() && !door.key().get().limits().mayUse("")) {
            throw new Refused(
                    403, "model_not_allowed", "this key may use some models only, and this request names none");
        }
        String payer =
                callersKeys && !door.serving().routes().allHaveKeys() ? Credential.of(head.headers()::getAll) : "";
        Routes routes = door.serving().routes();
        return (passed ? routes.passing(door.path(), payer) : routes.find(model, payer))
                .orElseThrow(() -> new Refused(
                        404, "model_not_found", "there is no model '" + model + "' here; GET /v1/models lists them"));
    }

    /** What is passed on may be a picture, a file or an hour of speech, whose time nobody here can guess. */
    private static Workload.Choice workload(HttpRequest head, RouteConfig route, RequestPeek peek, boolean passed)
            throws Refused {
        String declared = head.headers().get(WORKLOAD);
        if (declared != null) {
            return new Workload.Choice(
                    Workload.named(declared)
                            .orElseThrow(() -> new Refused(
                                    400,
                                    "bad_workload",
                                    "Backstay-Workload must be interactive, agentic, long-context or batch-submit")),
                    Workload.Choice.DECLARED);
        }
        return route.workload()
                .map(set -> new Workload.Choice(set, Workload.Choice.SET))
                .orElseGet(() -> passed
                        ? new Workload.Choice(Workload.LONG_CONTEXT, "passed on as it is")
                        : Workload.infer(peek.hasTools(), peek.reasons(), peek.promptTokens(), peek.outputLimit()));
    }

    /** How long a call may take, and what the end of that ends. */
    private record Time(Timeouts clocks, Cutoff cutoff) {}

    /**
     * The nearest word wins: the caller's, its SDK's, that of the route or the file, and the workload's. An SDK that gives a call ten
     * minutes does not end a stream after them, and the guess of a workload ends nothing.
     */
    private static Time time(HttpRequest head, Routes.Way way, Workload.Choice workload) throws Refused {
        String wanted = head.headers().get(TIMEOUT);
        if (wanted != null) {
            Duration deadline = Durations.parse(wanted)
                    .filter(time -> !time.isZero() && time.compareTo(LONGEST) < 0)
                    .orElseThrow(() ->
                            new Refused(400, "bad_timeout", TIMEOUT + ": " + Durations.EXPECTED + ", at most 24h"));
            return new Time(within(deadline, way, workload), Cutoff.EVERYTHING);
        }
        Duration patience = SdkPatience.of(head.headers());
        boolean sdkSaid = !patience.isZero();
        Timeouts clocks = sdkSaid
                ? within(patience, way, workload)
                : way.clocks()
                        .getOrDefault(workload.workload(), workload.workload().timeouts());
        if (way.config().timeouts().total().isPresent()) {
            return new Time(clocks, Cutoff.EVERYTHING);
        }
        return new Time(clocks, sdkSaid || workload.isSaid() ? Cutoff.SILENCE : Cutoff.NEXT_ATTEMPT);
    }

    private static Timeouts within(Duration total, Routes.Way way, Workload.Choice workload) {
        return way.config()
                .timeouts()
                .withTotal(total)
                .fitted(workload.workload().timeouts());
    }

    private static StreamPolicy stream(HttpRequest head, RouteConfig route) throws Refused {
        String wanted = head.headers().get(STREAM);
        return wanted == null
                ? route.stream()
                : StreamPolicy.named(wanted)
                        .orElseThrow(
                                () -> new Refused(400, "bad_stream", "Backstay-Stream must be live, whole or resume"));
    }

    /** Whoever has a key may ask for less urgency than it allows, not for more. */
    private static Priority priority(HttpRequest head, Optional<CallerKey> key) throws Refused {
        Priority most = key.map(known -> known.limits().most()).orElse(Priority.DEFAULT);
        String wanted = head.headers().get(PRIORITY);
        if (wanted == null) {
            return most;
        }
        Priority asked = Priority.named(wanted)
                .orElseThrow(() -> new Refused(
                        400, "bad_priority", "Backstay-Priority must be critical, default, sheddable or batch"));
        return key.isPresent() && asked.compareTo(most) < 0 ? most : asked;
    }
}
