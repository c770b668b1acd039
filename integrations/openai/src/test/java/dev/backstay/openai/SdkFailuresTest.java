package dev.backstay.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.OpenAIClientImpl;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.errors.InternalServerException;
import com.openai.errors.OpenAIIoException;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FilePurpose;
import dev.backstay.client.Backstay;
import dev.backstay.client.CallFailed;
import dev.backstay.client.Clocks;
import dev.backstay.core.FailureKind;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** How failures come out of the SDK on Backstay, and how calls are left. */
class SdkFailuresTest extends SdkRig {

    // Refusals to the end

    @Test
    void what_the_provider_said_last_becomes_the_exception_of_the_sdk() {
        serve((number, talk) -> talk.answer(
                "503 no", "{\"error\":{\"message\":\"no capacity\"}}", "Retry-After: " + (number < 3 ? 0 : 3_600)));
        OpenAIClient client = ours();
        assertThatThrownBy(() -> client.chat().completions().create(CHAT))
                .isInstanceOf(InternalServerException.class)
                .hasMessageContaining("no capacity");
        assertThat(server.requests()).hasSizeGreaterThan(1);
        backstay.close();
        OpenAIClientAsync async = oursAsync();
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

    /** Old clients wait in {@code close} for whoever reads; the pause of the stream is the limit then. */
    @Test
    void closing_an_asynchronous_stream_closes_its_connection() {
        serve((number, talk) -> {
            talk.beginStream().token("one");
            talk.silence();
        });
        AsyncStreamResponse<ChatCompletionChunk> stream = BackstayOpenAi.clientAsync(
                        backstay(Clocks.USUAL.withIdle(Duration.ofSeconds(2))))
                .chat()
                .completions()
                .createStreaming(CHAT);
        CompletableFuture<Void> first = new CompletableFuture<>();
        stream.subscribe(chunk -> first.complete(null));
        first.join();
        stream.close();
        long until = System.nanoTime() + 5_000_000_000L;
        while (server.connections() > 0 && System.nanoTime() < until) {
            LockSupport.parkNanos(1_000_000);
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
