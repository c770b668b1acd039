package dev.backstay.gateway;

import dev.backstay.client.Credential;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Which headers go from one side to the other.
 *
 * <pre>
 *   caller ─▶ API    all, but for: those of one connection (RFC 9110 section 7.6.1), those we say anew, {@code Backstay-*}, and
 *                    keys, unless the API gets the caller's own
 *   API ─▶ caller    only those that are of use to callers of such APIs; cookies and whatever else a front sets stay here
 * </pre>
 */
final class PassedHeaders {

    private static final List<String> HOP_BY_HOP = List.of(
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authenticate",
            "proxy-authorization",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "content-length");

    /** Said anew for our own connection; answers must come uncompressed, because they are looked at. */
    private static final List<String> REPLACED = List.of("host", "expect", "accept-encoding");

    private static final HeaderNames NOT_ON =
            HeaderNames.of(Stream.of(HOP_BY_HOP, REPLACED).flatMap(List::stream).toList());
    private static final HeaderNames KEYS = HeaderNames.of(Credential.HEADERS);

    private static final HeaderNames BACK = HeaderNames.of(List.of(
            "content-type",
            "content-language",
            "content-disposition",
            "content-range",
            "accept-ranges",
            "etag",
            "last-modified",
            "date",
            "cache-control",
            "retry-after",
            "retry-after-ms",
            "request-id",
            "x-request-id",
            "server-timing",
            "cf-ray",
            "deprecation",
            "sunset",
            "x-accel-buffering"));

    private static final List<String> BACK_PREFIXES =
            List.of("x-ratelimit-", "fireworks-", "x-fireworks-", "openai-", "anthropic-");

    private static final HeaderNames NAMES = HeaderNames.of(List.of("x-request-id", "request-id", "cf-ray"));

    private static final String OURS = "backstay-";

    private PassedHeaders() {}

    /** Copies what an API may see. */
    static void toApi(HttpHeaders from, HttpHeaders to, boolean callersKeys) {
        String named = from.get(HttpHeaderNames.CONNECTION);
        HeaderNames alsoNamed = named == null || isUsual(named) ? null : named(from);
        for (Iterator<Map.Entry<CharSequence, CharSequence>> each = from.iteratorCharSequence(); each.hasNext(); ) {
            Map.Entry<CharSequence, CharSequence> header = each.next();
            CharSequence name = header.getKey();
            boolean stays = NOT_ON.contains(name)
                    || !callersKeys && KEYS.contains(name)
                    || begins(name, OURS)
                    || alsoNamed != null && alsoNamed.contains(name);
            if (!stays) {
                to.add(name, header.getValue());
            }
        }
    }

    private static boolean isUsual(String connection) {
        return connection.equalsIgnoreCase("keep-alive") || connection.equalsIgnoreCase("close");
    }

    /** {@code Connection} may name more that is meant for this connection only. */
    private static HeaderNames named(HttpHeaders headers) {
        return HeaderNames.of(headers.getAll(HttpHeaderNames.CONNECTION).stream()
                .flatMap(list -> Stream.of(list.split(",")))
                .map(String::strip)
                .filter(name -> !name.isEmpty() && name.length() <= 64)
                .toList());
    }

    /** Copies what a caller may see. */
    static void toCaller(HttpHeaders from, HttpHeaders to) {
        for (Iterator<Map.Entry<CharSequence, CharSequence>> each = from.iteratorCharSequence(); each.hasNext(); ) {
            Map.Entry<CharSequence, CharSequence> header = each.next();
            if (BACK.contains(header.getKey()) || hasPrefix(header.getKey())) {
                to.add(header.getKey(), header.getValue());
            }
        }
    }

    /** Copies how the API names the request and its limits, for an error of ours that stands in for the API's. */
    static void namesToCaller(HttpHeaders from, HttpHeaders to) {
        for (Map.Entry<String, String> header : from) {
            if (NAMES.contains(header.getKey())
                    || begins(header.getKey(), "x-ratelimit-")
                    || begins(header.getKey(), "x-fireworks-")) {
                to.add(header.getKey(), header.getValue());
            }
        }
    }

    private static boolean begins(CharSequence name, String prefix) {
        return AsciiString.regionMatchesAscii(name, true, 0, prefix, 0, prefix.length());
    }

    private static boolean hasPrefix(CharSequence name) {
        for (String prefix : BACK_PREFIXES) {
            if (begins(name, prefix)) {
                return true;
            }
        }
        return false;
    }
}
