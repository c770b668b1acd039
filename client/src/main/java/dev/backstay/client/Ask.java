package dev.backstay.client;

import dev.backstay.wire.Classifier;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The bytes of one request, the same for all its attempts.
 *
 * <p>Immutable.
 *
 * @param method the HTTP method
 * @param url where to
 * @param headers of the request; keys are never printed
 * @param body what is sent
 * @param expects what a good answer is
 * @param into where a good answer's body is written, instead of into memory
 * @param classifier who knows what a refusal means here
 */
public record Ask(
        String method,
        URI url,
        Map<String, String> headers,
        Body body,
        Expects expects,
        Optional<Path> into,
        Classifier classifier) {

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

    /** A request that is answered with JSON. */
    public static Ask json(String method, URI url, Map<String, String> headers, Body body, Classifier classifier) {
        return new Ask(method, url, headers, body, Expects.JSON, Optional.empty(), classifier);
    }

    /** The same, answered with whatever comes. */
    public Ask expectingAnything() {
        return new Ask(method, url, headers, body, Expects.ANYTHING, into, classifier);
    }

    /** The same, whose answer goes into a file. The file is whole when the call has succeeded, and not before. */
    public Ask into(Path file) {
        return new Ask(method, url, headers, body, Expects.ANYTHING, Optional.of(file), classifier);
    }

    /** Without the query, which may be a signature, and without headers, which may be keys. */
    @Override
    public String toString() {
        return method + " " + url.getScheme() + "://" + url.getAuthority() + url.getPath();
    }
}
