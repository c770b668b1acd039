package dev.backstay.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** The front door, over real sockets, in front of a server that does as it is told. Nothing is left when a test is over. */
@Timeout(60)
abstract class BackstayRig {

    static final String CHAT =
            "{\"model\": \"m\", \"max_tokens\": 8, \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}";
    static final String STREAMED = CHAT.replace("{\"model\"", "{\"stream\": true, \"model\"");

    RawServer server = RawServer.start((number, talk) -> talk.chat("hello"));
    Backstay backstay = at(server.baseUrl());

    static Backstay at(String url) {
        return Backstay.builder().baseUrl(url).apiKey("secret-key").build();
    }

    void serve(RawServer.Script script) {
        close();
        server = RawServer.start(script);
        backstay = at(server.baseUrl());
    }

    Ask whole() {
        return backstay.ask("/chat/completions", CHAT);
    }

    Ask streamed() {
        return backstay.ask("/chat/completions", STREAMED);
    }

    static String text(LiveReply live) throws IOException {
        return new String(live.body().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Nothing runs, and no connection is held, when a test is over. */
    @AfterEach
    void nothing_leaks() {
        eventually(() -> backstay.running() == 0 && backstay.connectionsInUse() == 0);
        assertThat(backstay.running()).isZero();
        assertThat(backstay.connectionsInUse()).isZero();
        close();
    }

    void close() {
        backstay.close();
        server.close();
    }

    interface Condition {
        boolean holds();
    }

    static void eventually(Condition condition) {
        long until = System.nanoTime() + 5_000_000_000L;
        while (!condition.holds() && System.nanoTime() < until) {
            LockSupport.parkNanos(1_000_000);
        }
    }
}
