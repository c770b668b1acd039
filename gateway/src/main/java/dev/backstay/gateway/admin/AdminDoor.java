package dev.backstay.gateway.admin;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Who may look at the page. With a key, who knows it. Without one, who asks for it under a name of this machine: another name means that
 * a page from elsewhere has had its own name point here (DNS rebinding), and would read what it may not.
 */
final class AdminDoor {

    private static final Set<String> OWN = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final String BASIC = "Basic ";

    private final Optional<String> key;

    AdminDoor(Optional<String> key) {
        this.key = key;
    }

    /** Why this request may not pass; empty if it may. */
    Optional<HttpResponseStatus> refuses(HttpHeaders headers) {
        if (key.isPresent()) {
            return knows(headers, key.get()) ? Optional.empty() : Optional.of(HttpResponseStatus.UNAUTHORIZED);
        }
        String host = String.valueOf(headers.get(HttpHeaderNames.HOST)).toLowerCase(Locale.ROOT);
        String name = host.replaceAll(":\\d+$", "");
        return OWN.contains(name) ? Optional.empty() : Optional.of(HttpResponseStatus.FORBIDDEN);
    }

    private static boolean knows(HttpHeaders headers, String key) {
        String authorization = headers.get(HttpHeaderNames.AUTHORIZATION);
        if (authorization == null || !authorization.startsWith(BASIC)) {
            return false;
        }
        try {
            String pair = new String(
                    Base64.getDecoder()
                            .decode(authorization.substring(BASIC.length()).strip()),
                    StandardCharsets.UTF_8);
            String password = pair.substring(pair.indexOf(':') + 1);
            return MessageDigest.isEqual(
                    password.getBytes(StandardCharsets.UTF_8), key.getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException notBase64) {
            return false;
        }
    }
}
