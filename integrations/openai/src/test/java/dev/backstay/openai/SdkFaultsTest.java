package dev.backstay.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.OpenAIClientAsyncImpl;
import com.openai.client.OpenAIClientImpl;
import com.openai.client.okhttp.OkHttpClient;
import com.openai.core.ClientOptions;
import com.openai.core.Sleeper;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.StreamResponse;
import com.openai.errors.InternalServerException;
import com.openai.errors.OpenAIIoException;
import com.openai.errors.RateLimitException;
import com.openai.errors.SseException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FilePurpose;
import dev.backstay.client.Backstay;
import dev.backstay.client.BrokenAnswer;
import dev.backstay.client.CallFailed;
import dev.backstay.client.Clocks;
import dev.backstay.core.Acknowledged;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Phase;
import dev.backstay.core.Step;
import dev.backstay.testkit.RawServer;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What the SDK does by itself when things go wrong, and what it does on Backstay. Both over real sockets. */
@Timeout(60)
class SdkFaultsTest {

    private static final ChatCompletionCreateParams CHAT =
            ChatCompletionCreateParams.builder().model("m").addUserMessage("hi").build();

    private RawServer server = RawServer.start((number, talk) -> talk.chat("hello"));
    private final List<Duration> slept = new CopyOnWriteArrayList<>();
    private final List<Duration> waited = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private Backstay backstay;

    @AfterEach
    void nothing_leaks() throws Exception {
        if (backstay != null) {
            long until = System.nanoTime() + 5_000_000_000L;
            while (backstay.running() + backstay.connectionsInUse() > 0 && System.nanoTime() < until) {
                Thread.onSpinWait();
            }
            assertThat(backstay.running()).isZero();
            assertThat(backstay.connectionsInUse()).isZero();
            backstay.close();
        }
        for (AutoCloseable each : open) {
            each.close();
        }
        server.close();
    }

    private void serve(RawServer.Script script) {
        server.close();
        server = RawServer.start(script);
    }

    /** The SDK as it comes, but for sleeps, which are noted and not slept. */
    private ClientOptions byItself(Consumer<ClientOptions.Builder> more) {
        com.openai.core.http.HttpClient http = OkHttpClient.builder().build();
        ClientOptions.Builder options = ClientOptions.builder()
                .httpClient(http)
                .baseUrl(server.baseUrl())
                .apiKey("k")
                .sleeper(new Sleeper() {
                    @Override
                    public void sleep(Duration duration) {
                        slept.add(duration);
                    }

                    @Override
                    public CompletableFuture<Void> sleepAsync(Duration duration) {
                        slept.add(duration);
                        return CompletableFuture.completedFuture(null);
                    }

                    @Override
                    public void close() {}
                });
        more.accept(options);
        open.add(http);
        return options.build();
    }

    private OpenAIClient sdk() {
        return new OpenAIClientImpl(byItself(options -> {}));
    }

    private Backstay backstay(Clocks clocks) {
        backstay = Backstay.builder()
                .baseUrl(server.baseUrl())
                .apiKey("k")
                .timeouts(clocks)
                .listener((now, call, signal, step) -> {
                    if (step instanceof Step.Wait wait) {
                        waited.add(Duration.ofNanos(wait.untilNanos() - now));
                    }
                })
                .build();
        return backstay;
    }

    private OpenAIClient ours() {
        return BackstayOpenAi.client(backstay(Clocks.USUAL));
    }

    private OpenAIClientAsync oursAsync() {
        return BackstayOpenAi.clientAsync(backstay(Clocks.USUAL));
    }

    private static int chunks(OpenAIClient client) {
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(CHAT)) {
            return (int) stream.stream().count();
        }
    }

    private static final class Subscriber implements AsyncStreamResponse.Handler<ChatCompletionChunk> {
        private final CompletableFuture<Integer> over = new CompletableFuture<>();
        private int chunks;

        @Override
        public void onNext(ChatCompletionChunk chunk) {
            chunks++;
        }

        @Override
        public void onComplete(Optional<Throwable> error) {
            error.ifPresentOrElse(over::completeExceptionally, () -> over.complete(chunks));
        }
    }

    private static CompletableFuture<Integer> chunks(OpenAIClientAsync client) {
        Subscriber subscriber = new Subscriber();
        client.chat().completions().createStreaming(CHAT).subscribe(subscriber);
        return subscriber.over;
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
            Thread.onSpinWait();
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
                    assertThat(failed.failure().phase()).isEqualTo(Phase.CONNECTING);
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

    // Refusals to the end

    @Test
    void what_the_provider_said_last_becomes_the_exception_of_the_sdk() {
        serve((number, talk) ->
                talk.answer("503 no", "{\"error\":{\"message\":\"no capacity\"}}", "x-request-id: r" + number));
        OpenAIClient client = BackstayOpenAi.client(backstay(Clocks.within(Duration.ofMillis(1_200))));
        assertThatThrownBy(() -> client.chat().completions().create(CHAT))
                .isInstanceOf(InternalServerException.class)
                .hasMessageContaining("no capacity");
        assertThat(server.requests()).hasSizeGreaterThan(1);
        OpenAIClientAsync async = BackstayOpenAi.clientAsync(backstay);
        assertThatThrownBy(() -> async.chat().completions().create(CHAT).join())
                .hasCauseInstanceOf(InternalServerException.class);
    }

    @Test
    void silence_to_the_end_is_an_io_exception_that_says_what_happened() {
        serve((number, talk) -> talk.silence());
        OpenAIClient client = BackstayOpenAi.client(
                backstay(Clocks.within(Duration.ofMillis(1_200)).withAnswer(Duration.ofMillis(400))));
        assertThatThrownBy(() -> client.chat().completions().create(CHAT))
                .isInstanceOf(OpenAIIoException.class)
                .cause()
                .isInstanceOfSatisfying(
                        CallFailed.class,
                        failed -> assertThat(failed.failure().kind())
                                .isIn(FailureKind.FIRST_TOKEN_TIMEOUT, FailureKind.DEADLINE_EXCEEDED));
    }

    @Test
    void an_upload_is_sent_with_its_content_or_not_again(@TempDir Path folder) throws Exception {
        serve((number, talk) -> talk.answer(number % 2 == 1 ? "429 no" : "200 OK", "{}"));
        OpenAIClient client = ours();
        Path file = Files.writeString(folder.resolve("rows.jsonl"), "the content");
        List<FileCreateParams.Builder> uploads = List.of(
                FileCreateParams.builder().file(file),
                FileCreateParams.builder()
                        .file(new ByteArrayInputStream("the content".getBytes(StandardCharsets.UTF_8))));
        for (FileCreateParams.Builder upload : uploads) {
            try {
                client.files().create(upload.purpose(FilePurpose.BATCH).build());
            } catch (RateLimitException limited) {
                assertThat(limited.statusCode()).isEqualTo(429);
            }
        }
        assertThat(server.requests())
                .isNotEmpty()
                .allSatisfy(request -> assertThat(request).contains("the content"));
    }

    @Test
    void closing_an_asynchronous_stream_closes_its_connection() {
        serve((number, talk) -> {
            talk.beginStream().token("one");
            talk.silence();
        });
        AsyncStreamResponse<ChatCompletionChunk> stream =
                oursAsync().chat().completions().createStreaming(CHAT);
        CompletableFuture<Void> first = new CompletableFuture<>();
        stream.subscribe(chunk -> first.complete(null));
        first.join();
        stream.close();
        long until = System.nanoTime() + 5_000_000_000L;
        while (server.connections() > 0 && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertThat(server.connections()).isZero();
    }

    @Test
    void without_a_key_there_is_no_client() {
        try (Backstay keyless = Backstay.builder().baseUrl(server.baseUrl()).build()) {
            assertThatThrownBy(() -> BackstayOpenAi.client(keyless))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("api-key");
        }
    }

    @Test
    void the_retries_of_the_sdk_are_told_of_once() {
        Logger logger = (Logger) LoggerFactory.getLogger(BackstayHttpClient.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        serve((number, talk) -> talk.answer("500 no", "{}"));
        OpenAIClient client = new OpenAIClientImpl(byItself(options ->
                options.httpClient(new BackstayHttpClient(backstay(Clocks.within(Duration.ofMillis(300)))))));
        assertThatThrownBy(() -> client.chat().completions().create(CHAT)).isInstanceOf(InternalServerException.class);
        logger.detachAppender(log);
        assertThat(log.list).hasSize(1);
        assertThat(log.list.get(0).getFormattedMessage()).contains("maxRetries(0)");
    }
}
