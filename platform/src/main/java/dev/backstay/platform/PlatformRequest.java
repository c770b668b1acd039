package dev.backstay.platform;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * A request as the control plane sees it.
 *
 * @param method the HTTP method
 * @param base scheme and host that it was sent to, for the URLs in answers
 * @param path its path
 * @param query the parameters of its query
 * @param key the API key, without {@code Bearer}; empty if there is none
 * @param body what it sends
 */
public record PlatformRequest(
        String method, String base, String path, Map<String, String> query, String key, byte[] body) {

    /** One whose target is a path with a query. */
    public static PlatformRequest of(String method, String base, String target, String key, byte[] body) {
        int mark = target.indexOf('?');
        Map<String, String> query = new HashMap<>();
        if (mark >= 0) {
            for (String pair : target.substring(mark + 1).split("&", -1)) {
                int equals = pair.indexOf('=');
                query.put(
                        decoded(equals < 0 ? pair : pair.substring(0, equals)),
                        equals < 0 ? "" : decoded(pair.substring(equals + 1)));
            }
        }
        return new PlatformRequest(method, base, mark < 0 ? target : target.substring(0, mark), query, key, body);
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    String parameter(String name) {
        return query.getOrDefault(name, "");
    }
}
