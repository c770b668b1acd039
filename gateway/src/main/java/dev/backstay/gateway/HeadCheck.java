package dev.backstay.gateway;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;

/**
 * Heads that two parsers could read differently, or that no caller of such an API sends, are refused (RFC 9112 sections 2.3, 3.2, 6.1
 * and 11.2): whoever stands before or behind us must see the same requests as we do.
 */
final class HeadCheck {

    private HeadCheck() {}

    /** @throws Refused if it could not be parsed, with the status that says why */
    static void decoded(DecoderResult result) throws Refused {
        if (!result.isFailure()) {
            return;
        }
        Throwable cause = result.cause();
        if (cause instanceof TooLongHttpLineException) {
            throw new Refused(414, "uri_too_long", "the request line is too long");
        }
        if (cause instanceof TooLongHttpHeaderException || cause instanceof TooManyHeaders) {
            throw new Refused(431, "head_too_large", "the headers are too many or too large");
        }
        if (cause instanceof TooLongFrameException) {
            throw new Refused(413, "too_large", "a part of the request is too large");
        }
        throw new Refused(400, "bad_request", "the request is not HTTP/1.1 as RFC 9112 has it");
    }

    /** @throws Refused if it may not be served, whoever sends it */
    static void check(HttpRequest head) throws Refused {
        HttpVersion version = head.protocolVersion();
        if (version.majorVersion() != 1 || version.minorVersion() > 1) {
            throw new Refused(505, "bad_version", "speak HTTP/1.1 or HTTP/1.0");
        }
        framing(head);
        host(head, version);
        String uri = head.uri();
        if (uri.isEmpty() || uri.charAt(0) != '/' || !uri.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '#')) {
            throw new Refused(400, "bad_uri", "the request line must name a path, in visible ASCII characters");
        }
    }

    private static void framing(HttpRequest head) throws Refused {
        List<String> codings = head.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
        boolean chunked = codings.size() == 1 && codings.get(0).equalsIgnoreCase("chunked");
        if (!codings.isEmpty() && !chunked) {
            throw new Refused(501, "bad_transfer_encoding", "Transfer-Encoding must be chunked, and nothing else");
        }
        if (head.headers().contains(HttpHeaderNames.SEC_WEBSOCKET_KEY1)
                || head.headers().contains(HttpHeaderNames.SEC_WEBSOCKET_KEY2)) {
            throw new Refused(400, "bad_request", "there are no web sockets here");
        }
        String expect = head.headers().get(HttpHeaderNames.EXPECT);
        if (expect != null && !expect.equalsIgnoreCase("100-continue")) {
            throw new Refused(417, "bad_expect", "Expect may be 100-continue, and nothing else");
        }
    }

    private static void host(HttpRequest head, HttpVersion version) throws Refused {
        List<String> hosts = head.headers().getAll(HttpHeaderNames.HOST);
        boolean missing = hosts.isEmpty() && version.minorVersion() == 1;
        if (missing || hosts.size() > 1 || !hosts.isEmpty() && !isHost(hosts.get(0))) {
            throw new Refused(400, "bad_host", "there must be one Host header, with a host and perhaps a port");
        }
    }

    private static boolean isHost(String value) {
        return value.chars().allMatch(c -> c > ' ' && c < 0x7f && "/\\@,?#".indexOf(c) < 0);
    }

    /** There are more header lines than anybody needs. */
    static final class TooManyHeaders extends IllegalArgumentException {
        private static final long serialVersionUID = 1;
    }
}
