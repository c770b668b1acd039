package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import org.junit.jupiter.api.Test;

class PassedHeadersTest {

    @Test
    void an_api_sees_what_is_for_it() {
        HttpHeaders from = new DefaultHttpHeaders()
                .add("Host", "gateway")
                .add("Connection", "keep-alive, X-Hop")
                .add("X-Hop", "1")
                .add("Keep-Alive", "5")
                .add("TE", "trailers")
                .add("Transfer-Encoding", "chunked")
                .add("Upgrade", "h2c")
                .add("Proxy-Authorization", "Basic x")
                .add("Accept-Encoding", "gzip")
                .add("Backstay-Timeout", "5s")
                .add("AUTHORIZATION", "Bearer theirs")
                .add("X-Api-Key", "theirs")
                .add("Cookie", "theirs")
                .add("X-Fireworks-Session", "s")
                .add("content-type", "application/json");
        HttpHeaders ours = new DefaultHttpHeaders();
        PassedHeaders.toApi(from, ours, false);
        assertThat(ours.names()).containsExactlyInAnyOrder("X-Fireworks-Session", "content-type");
        HttpHeaders callers = new DefaultHttpHeaders();
        PassedHeaders.toApi(from, callers, true);
        assertThat(callers.names())
                .containsExactlyInAnyOrder(
                        "X-Fireworks-Session", "content-type", "AUTHORIZATION", "X-Api-Key", "Cookie");
    }

    @Test
    void a_caller_sees_what_is_of_use() {
        HttpHeaders from = new DefaultHttpHeaders()
                .add("Content-Type", "application/json")
                .add("Set-Cookie", "a=b")
                .add("Server", "secret/1.0")
                .add("X-RateLimit-Remaining-Requests", "5")
                .add("Fireworks-Prompt-Tokens", "9")
                .add("Retry-After", "3")
                .add("Access-Control-Allow-Origin", "*")
                .add("Transfer-Encoding", "chunked")
                .add("Content-Length", "5");
        HttpHeaders to = new DefaultHttpHeaders();
        PassedHeaders.toCaller(from, to);
        assertThat(to.names())
                .containsExactlyInAnyOrder(
                        "Content-Type", "X-RateLimit-Remaining-Requests", "Fireworks-Prompt-Tokens", "Retry-After");
    }
}
