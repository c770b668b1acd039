package dev.backstay.gateway;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;

/**
 * Header lines as they are parsed, with a bound on their number. It refuses a second {@code Content-Length}, which Netty only does
 * for HTTP/1.1: of HTTP/1.0 it keeps the first and hides the others.
 */
final class StrictHeaders extends DefaultHttpHeaders {

    /** Header lines of one message, at most. */
    static final int LIMIT = 200;

    static final HttpHeadersFactory FACTORY = new HttpHeadersFactory() {
        @Override
        public HttpHeaders newHeaders() {
            return new StrictHeaders();
        }

        @Override
        public HttpHeaders newEmptyHeaders() {
            return EmptyHttpHeaders.INSTANCE;
        }
    };

    private int lines;

    private StrictHeaders() {
        super();
    }

    @Override
    public HttpHeaders add(CharSequence name, Object value) {
        if (++lines > LIMIT) {
            throw new HeadCheck.TooManyHeaders();
        }
        if (HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name) && contains(HttpHeaderNames.CONTENT_LENGTH)) {
            throw new IllegalArgumentException("a second Content-Length");
        }
        return super.add(name, value);
    }
}
