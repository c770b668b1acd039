package dev.backstay.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.backstay.client.Backstay;
import dev.backstay.client.CallFailed;
import dev.backstay.client.Clocks;
import dev.backstay.core.Step;
import dev.backstay.testkit.RawServer;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpClientBuilderLoader;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.slf4j.LoggerFactory;

/** What LangChain4j does by itself when things go wrong, and what it does on Backstay. Both over real sockets. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class ModelFaultsTest {

    private RawServer server = RawServer.start((number, talk) -> talk.chat("hello"));
    private final List<Duration> waited = new CopyOnWriteArrayList<>();
    private Backstay backstay;

    @AfterEach
    void nothing_leaks() {
        if (backstay != null) {
            long until = System.nanoTime() + 5_000_000_000L;
            while (backstay.running() + backstay.connectionsInUse() > 0 && System.nanoTime() < until) {
                LockSupport.parkNanos(1_000_000);
            }
            assertThat(backstay.running()).isZero();
            assertThat(backstay.connectionsInUse()).isZero();
            backstay.close();
        }
        server.close();
    }

    private void serve(RawServer.Script script) {
        server.close();
        server = RawServer.start(script);
    }

    private static HttpClientBuilder theirs() {
        return HttpClientBuilderLoader.loadHttpClientBuilder();
    }

    private HttpClientBuilder ours(Clocks clocks) {
        backstay = Backstay.builder()
                .baseUrl(server.baseUrl())
                .timeouts(clocks)
                .listener((now, call, signal, step) -> {
                    if (step instanceof Step.Wait wait) {
                        waited.add(Duration.ofNanos(wait.untilNanos() - now));
                    }
                })
                .build();
        return new BackstayHttpClientBuilder(backstay);
    }

    private ChatModel model(HttpClientBuilder http, int retries, Duration timeout) {
        return OpenAiChatModel.builder()
                .httpClientBuilder(http)
                .maxRetries(retries)
                .timeout(timeout)
                .baseUrl(server.baseUrl())
                .apiKey("k")
                .modelName("m")
                .build();
    }

    private ChatModel ours() {
        return model(ours(Clocks.USUAL), 0, Duration.ofSeconds(20));
    }

    private CompletableFuture<ChatResponse> stream(HttpClientBuilder http, Duration timeout) {
        StreamingChatModel model = OpenAiStreamingChatModel.builder()
                .httpClientBuilder(http)
                .timeout(timeout)
                .baseUrl(server.baseUrl())
                .apiKey("k")
                .modelName("m")
                .build();
        CompletableFuture<ChatResponse> over = new CompletableFuture<>();
        model.chat("hi", new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String text) {}

            @Override
            public void onCompleteResponse(ChatResponse response) {
                over.complete(response);
            }

            @Override
            public void onError(Throwable error) {
                over.completeExceptionally(error);
            }
        });
        return over;
    }

    private CompletableFuture<ChatResponse> stream(HttpClientBuilder http) {
        return stream(http, Duration.ofSeconds(20));
    }

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
        assertThat(ours().chat("hi")).isEqualTo("hello");
        ChatResponse streamed = stream(new BackstayHttpClientBuilder(backstay)).get();
        assertThat(streamed.aiMessage().text()).isEqualTo("ab");
        assertThat(streamed.finishReason().toString()).isEqualTo("STOP");
        assertThat(server.requests()).allSatisfy(request -> assertThat(request).contains("Authorization: Bearer k"));
    }

    // Retry-After

    private void serveHints(int seconds) {
        serve((number, talk) ->
                talk.answer("429 no", "{\"error\":{\"message\":\"slow down\"}}", "Retry-After: " + seconds));
    }

    @Test
    void a_hint_is_ignored_by_langchain4j() {
        serveHints(600);
        long start = System.nanoTime();
        assertThatThrownBy(() -> model(theirs(), 2, Duration.ofSeconds(20)).chat("hi"))
                .isInstanceOf(RateLimitException.class);
        assertThat(server.requests()).hasSize(3);
        assertThat((System.nanoTime() - start) / 1e9)
                .as("three tries, long before the first hint is over")
                .isLessThan(600);
    }

    @Test
    void a_hint_is_a_floor_with_backstay() throws Exception {
        serveHints(7);
        ChatModel model = ours();
        Thread caller = new Thread(() -> {
            try {
                model.chat("hi");
            } catch (RuntimeException left) {
                // it was interrupted
            }
        });
        caller.start();
        while (waited.isEmpty()) {
            LockSupport.parkNanos(1_000_000);
        }
        caller.interrupt();
        caller.join(5_000);
        assertThat(waited.get(0)).isBetween(Duration.ofSeconds(7), Duration.ofSeconds(15));
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void a_stream_that_is_turned_away_fails_at_once_with_langchain4j() {
        serve((number, talk) -> {
            if (number == 1) {
                talk.answer("429 no", "{}", "Retry-After: 1");
            } else {
                talk.beginStream().token("a").done().close();
            }
        });
        assertThatThrownBy(() -> stream(theirs()).get()).hasCauseInstanceOf(RateLimitException.class);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void a_stream_that_is_turned_away_is_tried_again_with_backstay() throws Exception {
        serve((number, talk) -> {
            if (number == 1) {
                talk.answer("429 no", "{}", "Retry-After: 1");
            } else {
                talk.beginStream().token("a").done().close();
            }
        });
        assertThat(stream(ours(Clocks.USUAL)).get().aiMessage().text()).isEqualTo("a");
        assertThat(server.requests()).hasSize(2);
    }

    // Streams

    @Test
    void a_truncated_stream_is_a_success_for_langchain4j() throws Exception {
        serve((number, talk) -> talk.beginStream().token("half").close());
        ChatResponse response = stream(theirs()).get();
        assertThat(response.aiMessage().text()).isEqualTo("half");
        assertThat(response.finishReason()).isNull();
    }

    @Test
    void a_truncated_stream_is_an_error_with_backstay() {
        serve((number, talk) -> talk.beginStream().token("half").close());
        assertThatThrownBy(() -> stream(ours(Clocks.USUAL)).get())
                .hasRootCauseInstanceOf(CallFailed.class)
                .rootCause()
                .hasMessageContaining("stream_truncated");
    }

    @Test
    void an_error_in_a_200_before_the_first_token_is_tried_again_with_backstay() throws Exception {
        serve((number, talk) -> {
            talk.beginStream();
            if (number == 1) {
                talk.event("{\"error\":{\"message\":\"overloaded\"}}").close();
            }
            talk.token("a").done().close();
        });
        assertThat(stream(ours(Clocks.USUAL)).get().aiMessage().text()).isEqualTo("a");
    }

    private void serveGaps() {
        serve((number, talk) ->
                talk.beginStream().token("a").pause(1_500).token("b").done().close());
    }

    @Test
    void gaps_longer_than_the_timeout_are_not_noticed_by_langchain4j() throws Exception {
        serveGaps();
        assertThat(stream(theirs(), Duration.ofSeconds(1)).get().aiMessage().text())
                .isEqualTo("ab");
    }

    @Test
    void gaps_longer_than_the_timeout_are_a_stall_with_backstay_and_others_are_not() throws Exception {
        serveGaps();
        assertThatThrownBy(
                        () -> stream(ours(Clocks.USUAL), Duration.ofSeconds(1)).get())
                .hasCauseInstanceOf(TimeoutException.class)
                .rootCause()
                .hasMessageContaining("stream_stalled");
        backstay.close();
        ChatResponse patient = stream(ours(Clocks.USUAL), Duration.ofSeconds(3)).get(10, TimeUnit.SECONDS);
        assertThat(patient.aiMessage().text()).isEqualTo("ab");
    }

    // Refusals to the end

    @Test
    void what_the_provider_said_last_becomes_the_exception_of_langchain4j() {
        serve((number, talk) -> talk.answer(
                "503 no", "{\"error\":{\"message\":\"no capacity\"}}", "Retry-After: " + (number < 3 ? 0 : 3_600)));
        ChatModel model = model(ours(Clocks.USUAL), 0, Duration.ofSeconds(20));
        assertThatThrownBy(() -> model.chat("hi"))
                .isInstanceOf(InternalServerException.class)
                .hasMessageContaining("no capacity")
                .rootCause()
                .satisfies(http -> assertThat(http.getSuppressed()[0]).isInstanceOf(CallFailed.class));
    }

    @Test
    void silence_to_the_end_is_a_timeout() {
        serve((number, talk) -> talk.silence());
        ChatModel model = model(ours(Clocks.USUAL), 0, Duration.ofMillis(300));
        assertThatThrownBy(() -> model.chat("hi"))
                .isInstanceOf(TimeoutException.class)
                .hasRootCauseInstanceOf(CallFailed.class);
    }

    @Test
    void a_second_owner_of_retries_is_told_of_once() {
        Logger logger = (Logger) LoggerFactory.getLogger(BackstayHttpClientBuilder.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        serve((number, talk) -> talk.answer("500 no", "{}"));
        ChatModel model = model(ours(Clocks.within(Duration.ofMillis(300))), 2, Duration.ofMillis(300));
        assertThatThrownBy(() -> model.chat("hi")).isInstanceOf(RuntimeException.class);
        logger.detachAppender(log);
        assertThat(log.list).hasSize(1);
        assertThat(log.list.get(0).getFormattedMessage()).contains("maxRetries(0)");
    }
}
