package dev.backstay.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.FailureKind;
import dev.backstay.core.GiveUp;
import dev.backstay.testkit.SimulatedFireworks;
import dev.backstay.testkit.Simulation;
import dev.backstay.testkit.TlsServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The front door: answers, streams, refusals. */
class BackstayTest extends BackstayRig {

    // Answers

    @Test
    @SimulatedFireworks(fast = true)
    void every_way_of_asking_gets_the_answer(Simulation fireworks) throws Exception {
        try (Backstay calm = at(fireworks.baseUrl())) {
            Ask chat = calm.ask("/chat/completions", CHAT);
            Ask stream = calm.ask("/chat/completions", STREAMED);
            assertThat(calm.send(chat).text()).contains("finish_reason");
            assertThat(calm.send(stream).text()).endsWith("data: [DONE]\n\n");
            assertThat(calm.sendAsync(chat, CallOptions.DEFAULT).get().text()).contains("finish_reason");
            try (LiveReply live = calm.stream(stream)) {
                assertThat(text(live)).endsWith("data: [DONE]\n\n");
                assertThat(live.attempts()).isEqualTo(1);
                assertThat(live.header("Content-Type").orElseThrow()).startsWith("text/event-stream");
            }
            try (LiveReply live = calm.stream(chat)) {
                assertThat(text(live)).contains("finish_reason");
            }
            try (LiveReply live = calm.streamAsync(stream, CallOptions.DEFAULT).get()) {
                assertThat(text(live)).endsWith("data: [DONE]\n\n");
            }
            assertThat(calm.send(calm.ask("/models", "")).status()).isEqualTo(200);
            assertThat(calm.running()).isZero();
        }
    }

    @Test
    void a_key_is_sent_and_a_call_has_a_name() {
        backstay.send(whole());
        assertThat(server.requests().get(0))
                .contains("Authorization: Bearer secret-key")
                .containsPattern("x-request-id: call-[0-9a-f]+");
    }

    @Test
    void a_stream_that_fails_before_its_first_token_is_asked_for_again() throws Exception {
        serve((number, talk) -> {
            if (number == 1) {
                talk.beginStream().event("{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}");
                talk.reset();
            } else {
                talk.beginStream().token("hello").done().close();
            }
        });
        try (LiveReply live = backstay.stream(streamed())) {
            assertThat(text(live)).contains("hello").endsWith("[DONE]\n\n");
            assertThat(live.attempts()).isEqualTo(2);
        }
    }

    @Test
    void a_certificate_that_nobody_vouches_for_is_said_soon() throws Exception {
        Instant now = Instant.now();
        try (TlsServer api = TlsServer.start("localhost", now.minusSeconds(60), now.plusSeconds(3_600), "{}");
                Backstay strict =
                        Backstay.builder().baseUrl(api.baseUrl()).apiKey("k").build()) {
            assertThatThrownBy(() -> strict.send(strict.ask("/chat/completions", CHAT)))
                    .isInstanceOfSatisfying(CallFailed.class, failed -> {
                        assertThat(failed.failure().kind()).isEqualTo(FailureKind.CERTIFICATE_REFUSED);
                        assertThat(failed.failure().acknowledged()).isEqualTo(Acknowledged.NO);
                        assertThat(failed.attempts()).isEqualTo(2);
                    });
        }
    }

    @Test
    void a_stream_that_just_ends_is_never_taken_for_whole() {
        serve((number, talk) -> talk.beginStream().token("half").close());
        try (LiveReply live = backstay.stream(streamed())) {
            assertThatThrownBy(() -> text(live))
                    .isInstanceOfSatisfying(BrokenAnswer.class, broken -> {
                        assertThat(broken.failed().failure().kind()).isEqualTo(FailureKind.STREAM_TRUNCATED);
                        assertThat(broken.failed().reason()).isEqualTo(GiveUp.ANSWER_STARTED);
                        assertThat(broken.failed().delivered()).isTrue();
                    })
                    .hasMessageContaining("discard the partial answer");
        }
    }

    @Test
    void only_whole_events_come_out_of_a_stream_that_breaks() throws Exception {
        serve((number, talk) -> {
            talk.beginStream().token("one").send("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"tw");
            talk.reset();
        });
        byte[] all = new byte[10_000];
        int length = 0;
        try (LiveReply live = backstay.stream(streamed())) {
            while (true) {
                length += live.body().read(all, length, all.length - length);
            }
        } catch (BrokenAnswer broken) {
            assertThat(new String(all, 0, length, StandardCharsets.UTF_8))
                    .contains("one")
                    .endsWith("\n\n")
                    .doesNotContain("tw");
        }
    }

    @Test
    void an_error_inside_a_stream_is_an_error() {
        serve((number, talk) -> {
            talk.beginStream().token("half").pause(300).event("{\"error\":{\"message\":\"out of memory\"}}");
            talk.silence();
        });
        try (LiveReply live = backstay.stream(streamed())) {
            assertThatThrownBy(() -> text(live))
                    .isInstanceOf(BrokenAnswer.class)
                    .hasMessageContaining("out of memory");
        }
    }

    @Test
    void pings_do_not_keep_a_stalled_stream_alive() {
        serve((number, talk) -> {
            talk.beginStream().token("half");
            while (true) {
                talk.send(": ping\n\n").pause(50);
            }
        });
        CallOptions impatient =
                CallOptions.DEFAULT.with(Clocks.within(Duration.ofSeconds(20)).withIdle(Duration.ofMillis(600)));
        long start = System.nanoTime();
        try (LiveReply live = backstay.stream(streamed(), impatient)) {
            assertThatThrownBy(() -> text(live)).hasMessageContaining("stream_stalled");
        }
        assertThat((System.nanoTime() - start) / 1e9).isBetween(0.3, 8.0);
    }

    @Test
    void a_slow_reader_is_not_the_servers_fault() throws Exception {
        serve((number, talk) ->
                talk.beginStream().token("one").pause(300).token("two").done().close());
        CallOptions impatient =
                CallOptions.DEFAULT.with(Clocks.within(Duration.ofSeconds(20)).withIdle(Duration.ofMillis(900)));
        try (LiveReply live = backstay.stream(streamed(), impatient)) {
            live.body().readNBytes(20);
            new java.util.concurrent.CountDownLatch(1).await(1_500, TimeUnit.MILLISECONDS);
            assertThat(text(live)).contains("two").endsWith("[DONE]\n\n");
        }
    }

    @Test
    void who_holds_a_stream_and_does_not_read_loses_it_at_the_deadline() throws Exception {
        serve((number, talk) -> {
            talk.beginStream().token("half");
            talk.silence();
        });
        LiveReply live = backstay.stream(streamed(), CallOptions.within(Duration.ofMillis(700)));
        live.body().readNBytes(10);
        eventually(() -> backstay.running() == 0 && backstay.connectionsInUse() == 0 && server.connections() == 0);
        assertThat(backstay.running()).isZero();
        assertThat(server.connections()).isZero();
        assertThatThrownBy(() -> text(live)).hasMessageContaining("deadline");
    }

    // Refusals

    @Test
    void a_failure_says_what_the_provider_said_and_what_happened() {
        serve((number, talk) -> talk.answer("400 no", "{\"error\": {\"message\": \"no such tool\"}}", "x-trace: 7"));
        assertThatThrownBy(() -> backstay.send(whole()))
                .isInstanceOfSatisfying(CallFailed.class, failed -> {
                    assertThat(failed.status()).isEqualTo(400);
                    assertThat(failed.attempts()).isEqualTo(1);
                    assertThat(failed.failure().acknowledged()).isEqualTo(Acknowledged.YES);
                    assertThat(failed.refusal().orElseThrow().text()).contains("no such tool");
                    assertThat(failed.refusal().orElseThrow().header("X-Trace")).hasValue("7");
                })
                .hasMessageContaining("fix the request")
                .hasMessageNotContaining("secret-key");
    }

    @Test
    void a_503_with_retry_after_zero_is_not_repeated_by_the_transport() {
        serve((number, talk) -> talk.answer("503 no", "{}", "Retry-After: 0"));
        Backstay once = Backstay.builder()
                .baseUrl(server.baseUrl())
                .apiKey("k")
                .maxAttempts(1)
                .build();
        CallOptions shortly = CallOptions.within(Duration.ofMillis(600));
        assertThatThrownBy(() -> once.send(once.ask("/chat/completions", CHAT), shortly))
                .isInstanceOfSatisfying(
                        CallFailed.class,
                        failed -> assertThat(server.requests().size())
                                .as("the deadline may cut an attempt before it is there")
                                .isBetween(failed.attempts() - 1, failed.attempts()));
        once.close();
    }

    @Test
    void what_may_be_done_twice_is_not_asked_twice_if_it_was_seen() {
        serve((number, talk) -> talk.close());
        assertThatThrownBy(() -> backstay.send(backstay.ask("/batches", "{}"))).isInstanceOf(CallFailed.class);
        assertThat(server.requests()).hasSize(1);
        assertThatThrownBy(() -> backstay.send(whole(), CallOptions.within(Duration.ofSeconds(2))))
                .isInstanceOf(CallFailed.class);
        assertThat(server.requests()).hasSizeGreaterThan(2);
    }

    @Test
    void what_was_turned_away_is_asked_again_whatever_it_is() {
        serve((number, talk) -> talk.answer(number == 1 ? "429 no" : "200 OK", "{}"));
        assertThat(backstay.send(backstay.ask("/batches", "{}")).status()).isEqualTo(200);
    }
}
