package dev.backstay.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.OpenAIClientImpl;
import com.openai.client.okhttp.OkHttpClient;
import com.openai.core.ClientOptions;
import com.openai.core.Sleeper;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.backstay.client.Backstay;
import dev.backstay.client.Clocks;
import dev.backstay.core.Phase;
import dev.backstay.core.Step;
import dev.backstay.testkit.RawServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** The SDK by itself and on Backstay, both over real sockets, and what each waited for. */
@Timeout(60)
abstract class SdkRig {

    static final ChatCompletionCreateParams CHAT =
            ChatCompletionCreateParams.builder().model("m").addUserMessage("hi").build();

    RawServer server = RawServer.start((number, talk) -> talk.chat("hello"));
    final List<Duration> slept = new CopyOnWriteArrayList<>();
    final List<Duration> waited = new CopyOnWriteArrayList<>();
    final List<Phase> endedIn = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    Backstay backstay;

    @AfterEach
    void nothing_leaks() throws Exception {
        if (backstay != null) {
            long until = System.nanoTime() + 5_000_000_000L;
            while (backstay.running() + backstay.connectionsInUse() > 0 && System.nanoTime() < until) {
                LockSupport.parkNanos(1_000_000);
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

    void serve(RawServer.Script script) {
        server.close();
        server = RawServer.start(script);
    }

    /** The SDK as it comes, but for sleeps, which are noted and not slept. */
    ClientOptions byItself(Consumer<ClientOptions.Builder> more) {
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

    OpenAIClient sdk() {
        return new OpenAIClientImpl(byItself(options -> {}));
    }

    Backstay backstay(Clocks clocks) {
        backstay = Backstay.builder()
                .baseUrl(server.baseUrl())
                .apiKey("k")
                .timeouts(clocks)
                .listener((now, call, signal, step) -> {
                    call.diary().justEnded().forEach(each -> endedIn.add(each.phase()));
                    if (step instanceof Step.Wait wait) {
                        waited.add(Duration.ofNanos(wait.untilNanos() - now));
                    }
                })
                .build();
        return backstay;
    }

    OpenAIClient ours() {
        return BackstayOpenAi.client(backstay(Clocks.USUAL));
    }

    OpenAIClientAsync oursAsync() {
        return BackstayOpenAi.clientAsync(backstay(Clocks.USUAL));
    }

    static int chunks(OpenAIClient client) {
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

    static CompletableFuture<Integer> chunks(OpenAIClientAsync client) {
        Subscriber subscriber = new Subscriber();
        client.chat().completions().createStreaming(CHAT).subscribe(subscriber);
        return subscriber.over;
    }
}
