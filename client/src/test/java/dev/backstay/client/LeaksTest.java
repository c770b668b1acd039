package dev.backstay.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.core.FailureKind;
import dev.backstay.core.GiveUp;
import dev.backstay.core.Result;
import dev.backstay.core.Step;
import dev.backstay.testkit.RawServer;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ways in which something could be left behind, or taken for what it is not. */
@Timeout(60)
class LeaksTest {

    private static final String CHAT = "{\"model\": \"m\", \"messages\": []}";
    private static final String STREAMED = "{\"model\": \"m\", \"stream\": true, \"messages\": []}";

    @TempDir
    private Path folder;

    private final List<Result> results = new CopyOnWriteArrayList<>();
    private RawServer server = RawServer.start((number, talk) -> talk.chat("hello"));
    private Backstay backstay = build(Backstay.builder());

    private Backstay build(Backstay.Builder builder) {
        return builder.baseUrl(server.baseUrl())
                .listener((now, call, signal, step) -> {
                    if (step instanceof Step.Finish finish) {
                        results.add(finish.result());
                    }
                })
                .build();
    }

    private void serve(RawServer.Script script) {
        close();
        server = RawServer.start(script);
        backstay = build(Backstay.builder());
    }

    private void close() {
        backstay.close();
        server.close();
    }

    private static void eventually(java.util.function.BooleanSupplier condition) {
        long until = System.nanoTime() + 5_000_000_000L;
        while (!condition.getAsBoolean() && System.nanoTime() < until) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    @AfterEach
    void nothing_is_left() {
        eventually(() -> backstay.running() == 0 && backstay.connectionsInUse() == 0);
        close();
    }

    private Ask chat() {
        return backstay.ask("/chat/completions", CHAT);
    }

    @Test
    void a_call_that_was_cancelled_before_it_began_was_never_there() {
        for (int i = 0; i < 5; i++) {
            Cancellation cancellation = new Cancellation();
            cancellation.cancel();
            assertThatThrownBy(() -> backstay.send(chat(), CallOptions.DEFAULT.with(cancellation)))
                    .isInstanceOfSatisfying(
                            CallFailed.class,
                            failed -> assertThat(failed.reason()).isEqualTo(GiveUp.CANCELLED));
        }
        assertThat(backstay.running()).isZero();
    }

    @Test
    void an_answer_that_is_read_and_not_to_its_end_is_a_success() throws Exception {
        try (LiveReply live = backstay.stream(chat())) {
            live.body()
                    .readNBytes(Integer.parseInt(live.header("content-length").orElseThrow()));
        }
        assertThat(results).hasSize(1).allMatch(Result::succeeded);
    }

    @Test
    void a_listener_that_throws_harms_nobody() throws Exception {
        backstay.close();
        backstay = build(Backstay.builder().listener((now, call, signal, step) -> {
            throw new IllegalStateException("a fault of a listener");
        }));
        assertThat(backstay.send(chat()).text()).contains("hello");
        assertThat(backstay.sendAsync(chat(), CallOptions.DEFAULT).get().text()).contains("hello");
        assertThat(results).as("the next listener hears").hasSize(2);
    }

    @Test
    void an_executor_that_refuses_fails_its_calls_and_no_others() {
        AtomicInteger tasks = new AtomicInteger();
        serve((number, talk) -> talk.answer("429 no", "{}", "Retry-After: 1"));
        backstay.close();
        backstay = build(Backstay.builder().executor(task -> {
            if (tasks.incrementAndGet() > 3) {
                throw new RejectedExecutionException("full");
            }
            Thread worker = new Thread(task);
            worker.setDaemon(true);
            worker.start();
        }));
        List<CompletableFuture<Reply>> futures = List.of(
                backstay.sendAsync(chat(), CallOptions.DEFAULT),
                backstay.sendAsync(chat(), CallOptions.DEFAULT),
                backstay.sendAsync(chat(), CallOptions.DEFAULT));
        for (CompletableFuture<Reply> future : futures) {
            assertThatThrownBy(() -> future.get(10, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(RejectedExecutionException.class);
        }
    }

    @Test
    void a_future_that_is_given_up_in_any_way_ends_its_call() {
        serve((number, talk) -> talk.silence());
        CompletableFuture<Reply> future = backstay.sendAsync(chat(), CallOptions.DEFAULT);
        eventually(() -> server.connections() == 1);
        future.orTimeout(50, TimeUnit.MILLISECONDS);
        eventually(() -> server.connections() == 0 && backstay.running() == 0);
    }

    @Test
    void a_second_address_is_tried_when_the_first_does_not_answer() {
        backstay.close();
        OkHttpClient two = new OkHttpClient.Builder()
                .dns(name -> List.of(InetAddress.getByName("127.0.0.9"), InetAddress.getByName("127.0.0.1")))
                .build();
        backstay = Backstay.builder()
                .baseUrl(server.baseUrl().replace("127.0.0.1", "localhost"))
                .okHttpClient(two)
                .build();
        assertThat(backstay.send(chat()).text()).contains("hello");
        two.connectionPool().evictAll();
    }

    @Test
    void a_resolver_that_hangs_is_not_waited_for_beyond_the_deadline() {
        backstay.close();
        OkHttpClient deaf = new OkHttpClient.Builder()
                .dns(name -> {
                    try {
                        new CountDownLatch(1).await(10, TimeUnit.SECONDS);
                    } catch (InterruptedException over) {
                        Thread.currentThread().interrupt();
                    }
                    return List.of();
                })
                .build();
        backstay = Backstay.builder()
                .baseUrl(server.baseUrl().replace("127.0.0.1", "localhost"))
                .okHttpClient(deaf)
                .build();
        long start = System.nanoTime();
        assertThatThrownBy(() -> backstay.send(chat(), CallOptions.within(Duration.ofMillis(700))))
                .isInstanceOf(CallFailed.class);
        assertThat((System.nanoTime() - start) / 1e9).isLessThan(3);
    }

    @Test
    void clocks_of_two_people_fit_together() {
        backstay.close();
        backstay = build(Backstay.builder()
                .timeouts(Clocks.within(Duration.ofSeconds(30)).withIdle(Duration.ofSeconds(20))));
        Clocks longer = Clocks.USUAL.withFirstToken(Duration.ofMinutes(1)).withAnswer(Duration.ofMinutes(1));
        assertThat(backstay.send(chat(), CallOptions.DEFAULT.with(longer)).status())
                .isEqualTo(200);
        assertThat(backstay.send(chat(), CallOptions.within(Duration.ofSeconds(5)))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void half_a_file_is_left_by_nobody() throws Exception {
        serve((number, talk) -> {
            talk.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
            talk.silence();
        });
        Path file = folder.resolve("answer");
        Thread caller = new Thread(
                () -> backstay.send(backstay.ask("/files/1/content", "").into(file)));
        caller.setUncaughtExceptionHandler((thread, left) -> assertThat(left).isInstanceOf(CallFailed.class));
        caller.start();
        eventually(() -> Files.exists(folder.resolve("answer.part")));
        caller.interrupt();
        caller.join(5_000);
        assertThat(folder).isEmptyDirectory();
        assertThatThrownBy(() ->
                        backstay.stream(backstay.ask("/files/1/content", "").into(file)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("use send");
    }

    @Test
    void a_key_with_a_line_break_is_refused_and_not_shown() {
        Ask ask = chat().withHeader("x-api-key", "SECRET-123\n");
        assertThatThrownBy(() -> backstay.send(ask))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("x-api-key")
                .hasMessageNotContaining("SECRET");
        Ask named = Ask.of(
                "GET",
                URI.create("http://me:SECRET-123@127.0.0.1:1/v1/models"),
                Map.of(),
                Body.NONE,
                Provider.OPENAI.classifier());
        assertThatThrownBy(() -> backstay.send(named, CallOptions.within(Duration.ofMillis(300))))
                .hasMessageNotContaining("SECRET");
    }

    @Test
    void a_refusal_whose_body_does_not_come_is_known_by_its_status() {
        serve((number, talk) -> {
            talk.send("HTTP/1.1 404 no\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"error\":");
            talk.silence();
        });
        long start = System.nanoTime();
        assertThatThrownBy(() -> backstay.send(chat())).isInstanceOfSatisfying(CallFailed.class, failed -> {
            assertThat(failed.failure().kind()).isEqualTo(FailureKind.NOT_FOUND);
            assertThat(failed.status()).isEqualTo(404);
        });
        assertThat((System.nanoTime() - start) / 1e9).isLessThan(5);
    }

    @Test
    void an_answer_that_is_too_large_is_told_and_not_asked_for_again() {
        String large = "{\"text\": \"" + "x".repeat(Reply.LIMIT) + "\"}";
        serve((number, talk) -> talk.answer("200 OK", large));
        assertThatThrownBy(() -> backstay.send(chat()))
                .isInstanceOf(CallFailed.class)
                .hasMessageContaining("larger than");
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void what_was_written_once_is_not_written_again() {
        serve((number, talk) -> talk.answer(number == 1 ? "429 no" : "200 OK", "{}"));
        Ask once = backstay.ask("/files", "{}").withBodyOfOneUse();
        assertThatThrownBy(() -> backstay.send(once)).isInstanceOf(CallFailed.class);
        assertThat(server.requests()).hasSize(1);
    }
}
