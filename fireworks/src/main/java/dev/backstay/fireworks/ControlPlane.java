package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.backstay.client.Ask;
import dev.backstay.client.Body;
import dev.backstay.client.CallFailed;
import dev.backstay.client.Caller;
import dev.backstay.client.Clock;
import dev.backstay.client.Reply;
import dev.backstay.core.Request;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Requests to the control plane, each a call of the engine.
 *
 * <p>Creating is idempotent by an id that we choose: after a lost answer the second try gets a 409, and a 409 means: read what is
 * there and compare. Patching always names what it changes, because without a mask everything else goes back to its default.
 *
 * <p>Thread-safe.
 */
final class ControlPlane {

    /** Pages of one list, at most. */
    private static final int PAGES_LIMIT = 1_000;

    private static final int PAGE_SIZE = 200;

    /** From this difference on, our clock or theirs is wrong. */
    private static final Duration CLOCK_OFF = Duration.ofMinutes(5);

    /** GET and DELETE: the platform's own client gives one 30 s; all tries together get this. */
    static final Timeouts READ = timeouts(30, 120);

    /** POST and PATCH: 60 s for one. */
    static final Timeouts WRITE = timeouts(60, 240);

    /** What moves files: no clock for the whole but an hour, and one for each pause. */
    static final Timeouts FILES = new Timeouts(
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            Duration.ofSeconds(300),
            Duration.ofSeconds(300),
            Duration.ofSeconds(60),
            Duration.ofHours(1));

    private final Caller caller;
    private final Access access;
    private final Target target;
    private final AtomicLong numbers = new AtomicLong();
    private volatile @Nullable String account;
    private volatile Optional<Duration> clockOff = Optional.empty();

    ControlPlane(Caller caller, Access access) {
        this.caller = caller;
        this.access = access;
        this.account = access.account().orElse(null);
        this.target = new Target(access.base().getAuthority(), "control-plane");
    }

    private static Timeouts timeouts(long answerSeconds, long totalSeconds) {
        return new Timeouts(
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                Duration.ofSeconds(answerSeconds),
                Duration.ofSeconds(answerSeconds),
                Duration.ofSeconds(30),
                Duration.ofSeconds(totalSeconds));
    }

    Clock clock() {
        return caller.clock();
    }

    Access access() {
        return access;
    }

    /** By how much our clock is ahead of theirs, if by so much that signatures and expiry times go wrong. */
    Optional<Duration> clockOff() {
        return clockOff;
    }

    /** The account of the key. */
    String account() {
        String known = account;
        if (known != null) {
            return known;
        }
        JsonNode accounts = call("find the account of the key", "GET", "/v1/accounts?pageSize=2", Body.NONE, READ)
                .path("accounts");
        if (accounts.size() != 1) {
            throw new FireworksException(
                    FireworksException.Reason.NOT_ALLOWED,
                    "the key belongs to " + (accounts.isEmpty() ? "no account" : "more than one account"),
                    accounts.isEmpty()
                            ? "check FIREWORKS_API_KEY"
                            : "say which with --account or FIREWORKS_ACCOUNT_ID");
        }
        String found = Ids.last(accounts.get(0).path("name").asText());
        account = found;
        return found;
    }

    /** The path of something of the account's. */
    String path(String rest) {
        return "/v1/accounts/" + account() + "/" + rest;
    }

    /** Reads a resource. */
    JsonNode get(String what, String path) {
        return call(what, "GET", path, Body.NONE, READ);
    }

    /** Reads a resource, if there is one. */
    Optional<JsonNode> find(String what, String path) {
        try {
            return Optional.of(get(what, path));
        } catch (FireworksException no) {
            if (no.reason() == FireworksException.Reason.NOT_FOUND) {
                return Optional.empty();
            }
            throw no;
        }
    }

    /** Asks for something to be done that may be asked for twice. */
    JsonNode post(String what, String path, JsonNode body) {
        return call(what, "POST", path, Body.json(body.toString()), WRITE);
    }

    /** Creates a resource of this id; if it is there already, it must be the same. */
    JsonNode create(String what, String path, String readPath, JsonNode wanted) {
        try {
            return exchange(
                    what, "POST", path, Body.json(wanted.toString()), WRITE, ControlPlaneClassifier.Use.CREATES);
        } catch (FireworksException no) {
            if (no.reason() != FireworksException.Reason.CONFLICT) {
                throw no;
            }
            JsonNode exists = find(what, readPath).orElseThrow(() -> no);
            List<String> differences = Proto.differences("", wanted, exists);
            if (!differences.isEmpty()) {
                throw new FireworksException(
                        FireworksException.Reason.CONFLICT,
                        "could not " + what + ": it exists, and is another one: " + String.join("; ", differences),
                        "choose another id, or ask for what is there");
            }
            return exists;
        }
    }

    /** Changes exactly these fields. */
    JsonNode patch(String what, String path, ObjectNode changes) {
        String mask = String.join(",", Proto.mask(changes));
        return call(what, "PATCH", path + "?updateMask=" + encoded(mask), Body.json(changes.toString()), WRITE);
    }

    /** Sets something by a verb of its own. */
    JsonNode patchVerb(String what, String path, JsonNode body) {
        return call(what, "PATCH", path, Body.json(body.toString()), WRITE);
    }

    /** Deletes a resource; one that is gone is deleted. Says whether it was there. */
    boolean delete(String what, String path) {
        try {
            call(what, "DELETE", path, Body.NONE, READ);
            return true;
        } catch (FireworksException no) {
            if (no.reason() == FireworksException.Reason.NOT_FOUND) {
                return false;
            }
            throw no;
        }
    }

    /** Reads all pages of a list, under the first of these names that is there. An error on any page is an error. */
    List<JsonNode> list(String what, String path, String... plurals) {
        List<JsonNode> rows = new ArrayList<>();
        Set<String> tokens = new HashSet<>();
        String token = "";
        for (int page = 0; page < PAGES_LIMIT; page++) {
            String query = (path.contains("?") ? "&" : "?") + "pageSize=" + PAGE_SIZE
                    + (token.isEmpty() ? "" : "&pageToken=" + encoded(token));
            JsonNode answer = get(what, path + query);
            for (String plural : plurals) {
                if (answer.has(plural)) {
                    answer.path(plural).forEach(rows::add);
                    break;
                }
            }
            token = answer.path("nextPageToken")
                    .asText(answer.path("next_page_token").asText());
            if (token.isEmpty()) {
                return rows;
            }
            if (!tokens.add(token)) {
                throw new FireworksException(
                        FireworksException.Reason.UNAVAILABLE,
                        "could not " + what + ": the list leads back to a page that was read",
                        "report it; some rows would be missing");
            }
        }
        throw new FireworksException(
                FireworksException.Reason.UNAVAILABLE,
                "could not " + what + ": it has more than " + PAGES_LIMIT + " pages",
                "ask for less");
    }

    /** Sends a file as a form. */
    void upload(String what, String path, Path file) {
        call(what, "POST", path, Body.form("file", file), FILES);
    }

    /** Sends a file to a signed URL, which is its own key. */
    void uploadSigned(String what, URI url, Path file, long bytes) {
        Map<String, String> headers = Map.of("x-goog-content-length-range", bytes + "," + bytes);
        Ask ask = Ask.json(
                        "PUT",
                        url,
                        headers,
                        Body.file("application/octet-stream", file),
                        classifier(ControlPlaneClassifier.Use.FILES))
                .expectingAnything();
        call(what, ask, new Target(url.getAuthority(), "files"), FILES);
    }

    /** Reads a file from a signed URL, which is its own key. */
    void downloadSigned(String what, URI url, Path into) {
        Ask ask = Ask.json("GET", url, Map.of(), Body.NONE, classifier(ControlPlaneClassifier.Use.FILES))
                .into(into);
        call(what, ask, new Target(url.getAuthority(), "files"), FILES);
    }

    /** Reads text that is not JSON. */
    String text(String what, String path) {
        Ask ask = Ask.json(
                        "GET",
                        URI.create(access.base() + path),
                        headers(),
                        Body.NONE,
                        classifier(ControlPlaneClassifier.Use.CREATES))
                .expectingAnything();
        return call(what, ask, target, READ).text();
    }

    private JsonNode call(String what, String method, String path, Body body, Timeouts timeouts) {
        return exchange(what, method, path, body, timeouts, ControlPlaneClassifier.Use.READS);
    }

    private JsonNode exchange(
            String what, String method, String path, Body body, Timeouts timeouts, ControlPlaneClassifier.Use use) {
        Ask ask = Ask.json(method, URI.create(access.base() + path), headers(), body, classifier(use));
        return Proto.read(call(what, ask, target, timeouts).text());
    }

    private Map<String, String> headers() {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("authorization", "Bearer " + access.key());
        headers.put("x-api-key", access.key());
        return headers;
    }

    private static ControlPlaneClassifier classifier(ControlPlaneClassifier.Use use) {
        return new ControlPlaneClassifier(use);
    }

    private Reply call(String what, Ask ask, Target whom, Timeouts timeouts) {
        String id = "control-" + numbers.incrementAndGet();
        Request request = Request.arriving(
                        id,
                        whom,
                        Workload.BATCH_SUBMIT,
                        timeouts,
                        false,
                        caller.clock().nanos())
                .with(StreamPolicy.WHOLE);
        try {
            Reply reply = caller.call(ask, request);
            compareClocks(reply);
            return reply;
        } catch (CallFailed failed) {
            throw FireworksException.of(what, failed);
        }
    }

    private void compareClocks(Reply reply) {
        reply.header("date").ifPresent(date -> {
            try {
                Instant theirs = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant();
                Duration ahead = Duration.between(theirs, caller.clock().now());
                clockOff = ahead.abs().compareTo(CLOCK_OFF) > 0 ? Optional.of(ahead) : Optional.empty();
            } catch (DateTimeParseException noDate) {
                clockOff = Optional.empty();
            }
        });
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
