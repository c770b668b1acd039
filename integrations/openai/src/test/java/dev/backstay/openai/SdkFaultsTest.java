package dev.backstay.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.OpenAIClientAsyncImpl;
import com.openai.client.OpenAIClientImpl;
import com.openai.core.RequestOptions;
import com.openai.errors.OpenAIIoException;
import com.openai.errors.RateLimitException;
import com.openai.errors.SseException;
import com.openai.models.chat.completions.ChatCompletion;
import dev.backstay.client.Backstay;
import dev.backstay.client.BrokenAnswer;
import dev.backstay.client.CallFailed;
import dev.backstay.client.Clocks;
import dev.backstay.core.Acknowledged;
import dev.backstay.core.Phase;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** What the SDK does by itself when things go wrong, and what it does on Backstay. */
class SdkFaultsTest extends SdkRig {

    // What works

    @Test
    void calls_and_streams_are_as_before() throws Exception {
        serve((number, talk) -> {
            if (talk.streamed()) {
                talk.beginStream().token("a").token("b").done().close();
            } else {
                talk.chat("hello");
            }
        });
        ChatCompletion answer = ours().chat().completions().create(CHAT);
        assertThat(answer.choices().get(0).message().content()).hasValue("hello");
        assertThat(chunks(BackstayOpenAi.client(backstay))).isEqualTo(3);
        OpenAIClientAsync async = BackstayOpenAi.clientAsync(backstay);
        assertThat(async.chat().completions().create(CHAT).get().choices()).hasSize(1);
        assertThat(chunks(async).get()).isEqualTo(3);
        assertThat(server.requests())
                .hasSize(4)
                .allSatisfy(request ->
                        assertThat(request).contains("Authorization: Bearer k").contains("POST /v1/chat/completions"));
    }

    @Test
    void the_timeout_of_a_request_goes_before_that_of_the_settings() {
        serve((number, talk) -> talk.silence());
        backstay = Backstay.builder()
                .baseUrl(server.baseUrl())
                .apiKey("k")
                .timeouts(Clocks.within(Duration.ofSeconds(50)))
                .build();
        RequestOptions hasty =
                RequestOptions.builder().timeout(Duration.ofMillis(500)).build();
        assertThatThrownBy(() ->
                        BackstayOpenAi.client(backstay).chat().completions().create(CHAT, hasty))
                .isInstanceOf(OpenAIIoException.class)
                .hasCauseInstanceOf(CallFailed.class);
        assertThat(server.requests())
                .as("within its time, and not within that of the settings")
                .hasSizeBetween(1, 3);
    }

    // A hint of 30 s

    @Test
    void a_hint_is_cut_by_the_sdk_or_slept_whatever_it_says() {
        serve((number, talk) -> talk.answer("429 no", "{}", "Retry-After: 30"));
        assertThatThrownBy(() -> sdk().chat().completions().create(CHAT)).isInstanceOf(RateLimitException.class);
        assertThat(slept)
                .hasSize(2)
                .allSatisfy(time -> assertThat(time.toSeconds()).isIn(8L, 30L));
    }

    @Test
    void a_hint_is_a_floor_with_backstay() throws Exception {
        serve((number, talk) -> talk.answer("429 no", "{}", "Retry-After: 30"));
        CompletableFuture<ChatCompletion> call =
                oursAsync().chat().completions().create(CHAT);
        while (waited.isEmpty()) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(waited.get(0)).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(60));
        assertThat(server.requests()).hasSize(1);
        backstay.close();
        assertThatThrownBy(call::get).hasRootCauseInstanceOf(CallFailed.class);
    }

    @Test
    void a_hint_of_an_hour_is_told_at_once() {
        serve((number, talk) -> talk.answer("429 no", "{}", "Retry-After: 3600", "x-request-id: theirs"));
        assertThatThrownBy(() -> ours().chat().completions().create(CHAT))
                .isInstanceOfSatisfying(RateLimitException.class, limited -> {
                    assertThat(limited.headers().values("retry-after")).containsExactly("3600");
                    assertThat(limited.headers().values("x-request-id")).containsExactly("theirs");
                });
        assertThat(server.requests()).hasSize(1);
    }

    // A stream that just ends

    private void serveTruncated() {
        serve((number, talk) -> talk.beginStream()
                .token("one")
                .token("two")
                .send("data: {\"cho")
                .close());
    }

    @Test
    void a_truncated_stream_is_a_success_for_the_sdk() {
        serveTruncated();
        assertThat(chunks(sdk())).isEqualTo(2);
        assertThat(chunks(new OpenAIClientAsyncImpl(byItself(options -> {}))).join())
                .isEqualTo(2);
    }

    @Test
    void a_truncated_stream_is_an_error_with_backstay() {
        serveTruncated();
        assertThatThrownBy(() -> chunks(ours()))
                .isInstanceOf(OpenAIIoException.class)
                .hasCauseInstanceOf(BrokenAnswer.class)
                .hasRootCauseInstanceOf(CallFailed.class)
                .rootCause()
                .hasMessageContaining("stream_truncated while streaming");
        assertThatThrownBy(() -> chunks(BackstayOpenAi.clientAsync(backstay)).join())
                .isInstanceOf(CompletionException.class)
                .hasRootCauseInstanceOf(CallFailed.class);
    }

    @Test
    void a_stalled_stream_is_an_error_with_backstay() {
        serve((number, talk) -> {
            talk.beginStream().token("one");
            talk.silence();
        });
        OpenAIClient client = BackstayOpenAi.client(backstay(Clocks.USUAL.withIdle(Duration.ofMillis(500))));
        assertThatThrownBy(() -> chunks(client))
                .isInstanceOf(OpenAIIoException.class)
                .rootCause()
                .hasMessageContaining("stream_stalled");
        assertThatThrownBy(() -> chunks(BackstayOpenAi.clientAsync(backstay)).join())
                .hasRootCauseInstanceOf(CallFailed.class);
    }

    // An error in a 200

    private void serveErrorFirst() {
        serve((number, talk) -> {
            talk.beginStream();
            if (number == 1) {
                talk.event("{\"error\":{\"message\":\"overloaded\",\"code\":503}}")
                        .close();
            } else {
                talk.token("one").done().close();
            }
        });
    }

    @Test
    void an_error_in_a_200_ends_the_stream_for_the_sdk() {
        serveErrorFirst();
        assertThatThrownBy(() -> chunks(sdk())).isInstanceOf(SseException.class);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void an_error_in_a_200_before_the_first_token_is_tried_again_with_backstay() {
        serveErrorFirst();
        assertThat(chunks(ours())).isEqualTo(2);
        assertThat(server.requests()).hasSize(2);
    }

    @Test
    void a_stream_that_breaks_before_its_first_token_is_tried_again_with_backstay() {
        serve((number, talk) -> {
            talk.beginStream();
            if (number == 1) {
                talk.reset();
            }
            talk.token("one").done().close();
        });
        assertThatThrownBy(() -> chunks(sdk())).isInstanceOf(OpenAIIoException.class);
        serve((number, talk) -> {
            talk.beginStream();
            if (number == 1) {
                talk.reset();
            }
            talk.token("one").done().close();
        });
        assertThat(chunks(ours())).isEqualTo(2);
    }

    // A connection that is refused

    @Test
    void a_refused_connection_is_tried_once_by_old_asynchronous_clients() {
        server.close();
        OpenAIClientAsync client = new OpenAIClientAsyncImpl(byItself(options -> {}));
        assertThatThrownBy(() -> client.chat().completions().create(CHAT).join())
                .hasCauseInstanceOf(OpenAIIoException.class);
        assertThat(slept.size()).as("0 until about 4.60, 2 in 4.90 and later").isIn(0, 2);
    }

    @Test
    void a_refused_connection_is_tried_again_with_backstay_and_was_never_seen() {
        server.close();
        OpenAIClientAsync client = BackstayOpenAi.clientAsync(backstay(Clocks.within(Duration.ofMillis(1_200))));
        assertThatThrownBy(() -> client.chat().completions().create(CHAT).join())
                .cause()
                .isInstanceOf(OpenAIIoException.class)
                .cause()
                .isInstanceOfSatisfying(CallFailed.class, failed -> {
                    assertThat(failed.attempts()).isGreaterThan(1);
                    assertThat(failed.failure().phase())
                            .as("the deadline may fall at any moment of a try")
                            .isIn(Phase.RESOLVING, Phase.CONNECTING);
                    assertThat(endedIn.get(0)).isEqualTo(Phase.CONNECTING);
                    assertThat(failed.failure().acknowledged()).isEqualTo(Acknowledged.NO);
                });
        assertThatThrownBy(() ->
                        BackstayOpenAi.client(backstay).chat().completions().create(CHAT))
                .isInstanceOf(OpenAIIoException.class)
                .hasCauseInstanceOf(CallFailed.class);
    }

    // A live stream that is longer than the timeout

    private void serveSlowly() {
        serve((number, talk) -> {
            talk.beginStream();
            for (int i = 0; i < 8; i++) {
                talk.token("t").pause(250);
            }
            talk.done().close();
        });
    }

    @Test
    void a_live_stream_is_killed_by_the_timeout_of_the_sdk() {
        serveSlowly();
        OpenAIClient client = new OpenAIClientImpl(byItself(options -> options.timeout(Duration.ofSeconds(1))));
        assertThatThrownBy(() -> chunks(client)).isInstanceOf(OpenAIIoException.class);
    }

    @Test
    void a_live_stream_may_be_longer_than_the_timeout_with_backstay() {
        serveSlowly();
        OpenAIClient client =
                BackstayOpenAi.client(backstay(Clocks.USUAL), options -> options.timeout(Duration.ofSeconds(1)));
        assertThat(chunks(client)).isEqualTo(9);
    }
}
