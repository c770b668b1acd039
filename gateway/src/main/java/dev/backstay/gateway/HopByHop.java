package dev.backstay.gateway;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Headers meant for one connection, which a gateway does not pass on (RFC 9110 section 7.6.1). */
final class HopByHop {

    private static final Set<String> ALWAYS = Set.of(
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

    private HopByHop() {}

    /** The names not to pass on, in lower case: the usual ones, and those that {@code Connection} names. */
    static Set<String> of(HttpHeaders headers) {
        String named = headers.get(HttpHeaderNames.CONNECTION);
        if (named == null || named.equalsIgnoreCase("keep-alive") || named.equalsIgnoreCase("close")) {
            return ALWAYS;
        }
        Set<String> names = new HashSet<>(ALWAYS);
        for (String list : headers.getAll(HttpHeaderNames.CONNECTION)) {
            for (String name : list.split(",")) {
                names.add(name.strip().toLowerCase(Locale.ROOT));
            }
        }
        return names;
    }
}
