package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.testkit.Chats;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two callers, or one that tries again, with the same Idempotency-Key. */
@ExtendWith(NoBufferLeaks.class)
class SharesTest {

    private final CountDownLatch go = new CountDownLatch(1);
    private RawServer api;
    private Gateway gateway;

    @BeforeEach
    void start() throws Exception {
        api = RawServer.start((number, talk) -> {
            go.await();
            if (talk.streamed()) {
                talk.beginStream().token("one").token(" two").done().close();
            } else {
                talk.answer("200 OK", Chats.chat("fine " + number, "stop"));
            }
        });
        gateway = Gateway.start(GatewayConfig.defaults(URI.create(api.baseUrl()), Optional.empty())
                .listeningOn(GatewayConfig.address("127.0.0.1:0")));
    }

    @AfterEach
    void stop() {
        gateway.close();
        api.close();
    }

    @Test
    void one_call_is_made_and_all_get_its_answer() throws Exception {
        try (Socket first = ask("k", "{\"model\":\"m\"}");
                Socket second = running(1, "k", "{\"model\":\"m\"}");
                Socket third = running(2, "k", "{\"model\":\"m\"}")) {
            running(3);
            go.countDown();
            assertThat(Rig.readAll(first)).contains("fine 1").doesNotContain("Backstay-Shared");
            assertThat(Rig.readAll(second))
                    .contains("HTTP/1.1 200", "fine 1", "Backstay-Shared: true", "Backstay-Attempts: 1");
            assertThat(Rig.readAll(third)).contains("fine 1");
        }
        assertThat(api.requests()).hasSize(1);
        running(0);
        assertThat(gateway.shares().size()).isZero();
    }

    @Test
    void a_stream_comes_to_the_others_when_it_is_whole() throws Exception {
        String body = "{\"model\":\"m\",\"stream\":true}";
        try (Socket first = ask("k", body);
                Socket second = running(1, "k", body)) {
            running(2);
            go.countDown();
            assertThat(Rig.readAll(first)).contains("two", "[DONE]");
            assertThat(Rig.readAll(second))
                    .contains("content-type: text/event-stream", "\"one\"", "two", "[DONE]", "content-length");
        }
        assertThat(api.requests()).hasSize(1);
    }

    @Test
    void if_the_first_leaves_the_others_still_get_it() throws Exception {
        Socket first = ask("k", "{\"model\":\"m\"}");
        try (Socket second = running(1, "k", "{\"model\":\"m\"}")) {
            running(2);
            first.close();
            until(() -> gateway.connections() == 1);
            go.countDown();
            assertThat(Rig.readAll(second)).contains("fine 1");
        }
        assertThat(api.requests()).hasSize(1);
        running(0);
    }

    @Test
    void if_all_leave_nobody_asks_any_more() throws Exception {
        Socket first = ask("k", "{\"model\":\"m\"}");
        Socket second = running(1, "k", "{\"model\":\"m\"}");
        running(2);
        first.close();
        second.close();
        running(0);
        assertThat(gateway.shares().size()).isZero();
    }

    @Test
    void another_request_under_the_same_key_is_refused_and_other_keys_are_other_calls() throws Exception {
        try (Socket first = ask("k", "{\"model\":\"m\"}");
                Socket other = running(1, "k", "{\"model\":\"m\",\"n\":1}")) {
            assertThat(Rig.readAll(other)).contains("HTTP/1.1 422", "idempotency_key_reused");
            go.countDown();
            assertThat(Rig.readAll(first)).contains("fine");
        }
        try (Socket later = ask("k", "{\"model\":\"m\"}")) {
            assertThat(Rig.readAll(later)).as("what is over is asked again").contains("fine 2");
        }
    }

    private Socket running(int before, String key, String body) throws IOException {
        running(before);
        return ask(key, body);
    }

    /** Waits until so many calls run. */
    private void running(int calls) {
        until(() -> gateway.running() == calls);
    }

    private static void until(BooleanSupplier holds) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            LockSupport.parkNanos(1_000_000);
        }
    }

    private Socket ask(String key, String body) throws IOException {
        Socket socket = new Socket("127.0.0.1", gateway.address().getPort());
        socket.setSoTimeout(20_000);
        String request = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIdempotency-Key: " + key
                + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }
}
