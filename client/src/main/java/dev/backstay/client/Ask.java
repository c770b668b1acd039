package dev.backstay.client;

import dev.backstay.wire.Classifier;
import dev.backstay.wire.Endpoint;
import dev.backstay.wire.Idempotency;
import dev.backstay.wire.Reading;
import dev.backstay.wire.RequestPeek;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The bytes of one request, the same for all its attempts.
 *
 * <p>Immutable.
 *
 * @param method the HTTP method
 * @param url where to
 * @param headers of the request; keys are never printed
 * @param body what is sent
 * @param endpoint which inference this is; empty if it is none
 * @param peek what its body says, if it is an inference whose bytes are here
 * @param expects what a good answer is, if this is no inference
 * @param into where a good answer's body is written, instead of into memory
 * @param again when it may be sent again
 * @param classifier who knows what a refusal means here
 * @param host whose call it answers, if that is one of OkHttp
 */
public record Ask(
        String method,
        URI url,
        Map<String, String> headers,
        Body body,
        Optional<Endpoint> endpoint,
        RequestPeek peek,
        Expects expects,
        Optional<Path> into,
        Idempotency again,
        Classifier classifier,
        Optional<HostCall> host) {

    /** What the body of a good answer is. */
    public enum Expects {
        /** One JSON document; anything else, such as the page of a proxy, is a malformed answer. */
        JSON,
        /** Whatever comes. */
        ANYTHING
    }

    public Ask {
        headers = Map.copyOf(headers);
    }

    /** A request to an API like OpenAI's, which may be sent again if nothing comes of it but an answer. */
    public static Ask of(String method, URI url, Map<String, String> headers, Body body, Classifier classifier) {
        Optional<Endpoint> endpoint = Endpoint.atEndOf(method, url.getPath());
        RequestPeek peek = endpoint.isPresent() ? peek(body) : RequestPeek.NO_BODY;
        Idempotency again = Idempotency.of(method, url.getPath(), peek);
        return new Ask(
                method,
                url,
                headers,
                body,
                endpoint,
                peek,
                Expects.ANYTHING,
                Optional.empty(),
                again,
                classifier,
                Optional.empty());
    }

    /** A request that is answered with JSON, and may be sent again. */
    public static Ask json(String method, URI url, Map<String, String> headers, Body body, Classifier classifier) {
        return new Ask(
                method,
                url,
                headers,
                body,
                Optional.empty(),
                RequestPeek.NO_BODY,
                Expects.JSON,
                Optional.empty(),
                Idempotency.ALWAYS,
                classifier,
                Optional.empty());
    }

    /** The same, answered with whatever comes. */
    public Ask expectingAnything() {
        return new Ask(method, url, headers, body, endpoint, peek, Expects.ANYTHING, into, again, classifier, host);
    }

    /** The same, whose body can be written once. */
    public Ask withBodyOfOneUse() {
        return new Ask(
                method, url, headers, body, endpoint, peek, expects, into, Idempotency.UNLESS_SENT, classifier, host);
    }

    /** The same, with this header instead of any of that name. */
    public Ask withHeader(String name, String value) {
        Map<String, String> more = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        more.putAll(headers);
        more.put(name, value);
        return new Ask(method, url, more, body, endpoint, peek, expects, into, again, classifier, host);
    }

    /** The same, with this header unless it has one of that name. */
    Ask withHeaderIfAbsent(String name, String value) {
        return headers.keySet().stream().anyMatch(name::equalsIgnoreCase) ? this : withHeader(name, value);
    }

    /** The same, whose answer goes into a file. The file is whole when the call has succeeded, and not before. */
    public Ask into(Path file) {
        return new Ask(
                method,
                url,
                headers,
                body,
                endpoint,
                peek,
                Expects.ANYTHING,
                Optional.of(file),
                again,
                classifier,
                host);
    }

    /** The same, that answers this call. */
    public Ask answering(HostCall call) {
        return new Ask(method, url, headers, body, endpoint, peek, expects, into, again, classifier, Optional.of(call));
    }

    /** What is no JSON is the server's to judge. */
    private static RequestPeek peek(Body body) {
        if (!(body instanceof Body.Bytes known) || known.type().isEmpty()) {
            return RequestPeek.NO_BODY;
        }
        try {
            return RequestPeek.of(new ByteArrayInputStream(known.bytes()), known.bytes().length);
        } catch (RequestPeek.NotJson notJson) {
            return RequestPeek.NO_BODY;
        }
    }

    /** How its answer is read. What goes into a file takes no memory. */
    Reading reading() {
        long mostHeld = into.isPresent() ? Long.MAX_VALUE : Reply.LIMIT;
        return new Reading(endpoint, expects == Expects.JSON, classifier, peek, again, false, mostHeld);
    }

    /** Scheme, host and port of a URL, without what may stand before the host, which may be a key. */
    static String place(URI url) {
        return url.getScheme() + "://" + url.getHost() + (url.getPort() > 0 ? ":" + url.getPort() : "");
    }

    /** A URL as it was given, without what may stand before the host, which may be a key. */
    static String shown(Object url) {
        return String.valueOf(url).replaceAll("//[^/@]*@", "//…@");
    }

    /** Without the query, which may be a signature, and without headers, which may be keys. */
    @Override
    public String toString() {
        return method + " " + place(url) + url.getPath();
    }
}
