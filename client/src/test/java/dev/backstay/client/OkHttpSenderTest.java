package dev.backstay.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.CallListener;
import dev.backstay.core.Engine;
import dev.backstay.core.FailureKind;
import dev.backstay.core.GiveUp;
import dev.backstay.core.Phase;
import dev.backstay.core.Request;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.wire.FireworksClassifier;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import okhttp3.Credentials;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The blocking driver over real sockets, against a server that does as it is told. */
class OkHttpSenderTest {

    @TempDir
    private Path folder;

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final OkHttpSender sender = new OkHttpSender(Clock.SYSTEM);
    private ServerSocket server;
    private volatile Script script = (number, socket) -> answer(socket, "200 OK", "{}");

    @FunctionalInterface
    private interface Script {
        void play(int number, Socket socket) throws Exception;
    }

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        AtomicInteger count = new AtomicInteger();
        Thread thread = new Thread(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    new Thread(() -> serve(socket, count)).start();
                } catch (IOException closed) {
                    return;
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket socket, AtomicInteger count) {
        try (socket) {
            while (true) {
                String request = read(socket.getInputStream());
                if (request.isEmpty()) {
                    return;
                }
                requests.add(request);
                script.play(count.incrementAndGet(), socket);
            }
        } catch (Exception over) {
            // the test says what should have happened
        }
    }

    private static String read(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                return "";
            }
            head.append((char) next);
        }
        int at = head.toString().toLowerCase(Locale.ROOT).indexOf("content-length: ");
        int length = at < 0 ? 0 : Integer.parseInt(head.substring(at + 16, head.indexOf("\r\n", at)));
        return head + new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    private static void answer(Socket socket, String status, String body) throws IOException {
        String head = "HTTP/1.1 " + status + "\r\ncontent-type: application/json\r\ncontent-length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n";
        socket.getOutputStream().write((head + body).getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
    }

    /** Longer than any test waits. */
    private static void silence() throws InterruptedException {
        new CountDownLatch(1).await(30, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() throws IOException {
        sender.close();
        server.close();
    }

    private Reply call(Ask ask, RetryPolicy policy, Duration answer, Duration total) {
        SplittableRandom random = new SplittableRandom(1);
        Caller caller = new Caller(new Engine(policy, CallListener.NONE), sender, Clock.SYSTEM, random::split);
        Timeouts timeouts = new Timeouts(Duration.ofMillis(500), answer, answer, answer, answer, total);
        Target target = new Target(ask.url().getAuthority(), "m");
        return caller.call(
                ask,
                Request.arriving("r", target, Workload.INTERACTIVE, timeouts, false, Clock.SYSTEM.nanos())
                        .with(StreamPolicy.WHOLE));
    }

    private Reply call(Ask ask) {
        return call(ask, RetryPolicy.DEFAULT, Duration.ofSeconds(10), Duration.ofSeconds(30));
    }

    private Ask ask(String method, Body body) {
        return Ask.json(
                method,
                URI.create("http://127.0.0.1:" + server.getLocalPort() + "/x?secret=1"),
                Map.of("x-api-key", "k"),
                body,
                new FireworksClassifier());
    }

    @Test
    void a_proxy_that_asks_who_it_is_is_told() {
        script = (number, socket) -> {
            boolean known = requests.get(number - 1).contains("Proxy-Authorization: Basic dTpw\r\n");
            answer(socket, known ? "200 OK" : "407 Proxy Authentication Required", "{\"a\": 1}");
        };
        OkHttpClient behind = new OkHttpClient.Builder()
                .proxy(new Proxy(Proxy.Type.HTTP, new InetSocketAddress("127.0.0.1", server.getLocalPort())))
                .proxyAuthenticator((route, response) -> response.request()
                        .newBuilder()
                        .header("Proxy-Authorization", Credentials.basic("u", "p"))
                        .build())
                .build();
        try (OkHttpSender proxied = new OkHttpSender(Clock.SYSTEM, behind)) {
            Ask ask = Ask.json(
                    "POST", URI.create("http://api.test/v1/x"), Map.of(), Body.json("{}"), new FireworksClassifier());
            Caller caller = new Caller(
                    new Engine(RetryPolicy.DEFAULT, CallListener.NONE),
                    proxied,
                    Clock.SYSTEM,
                    () -> new SplittableRandom(1));
            Timeouts timeouts = Workload.INTERACTIVE.timeouts();
            Reply reply = caller.call(
                    ask,
                    Request.arriving(
                            "r",
                            new Target("api.test", "m"),
                            Workload.INTERACTIVE,
                            timeouts,
                            false,
                            Clock.SYSTEM.nanos()));
            assertThat(reply.text()).isEqualTo("{\"a\": 1}");
        }
        assertThat(requests).singleElement().asString().startsWith("POST http://api.test/v1/x HTTP/1.1\r\n");
    }

    @Test
    void an_answer_comes_whole_with_its_headers() {
        script = (number, socket) -> answer(socket, "200 OK", "{\"a\": \"ü\"}");
        Reply reply = call(ask("POST", Body.json("{\"b\": 1}")));
        assertThat(reply.text()).isEqualTo("{\"a\": \"ü\"}");
        assertThat(reply.header("Content-Type")).hasValue("application/json");
        assertThat(requests.get(0))
                .startsWith("POST /x?secret=1")
                .contains("x-api-key: k")
                .endsWith("{\"b\": 1}");
    }

    @Test
    void a_refusal_is_tried_again_and_the_engine_is_the_only_one_who_does() {
        script = (number, socket) -> answer(
                socket, number < 3 ? "503 no" : "200 OK", number < 3 ? "{\"error\": {\"message\": \"busy\"}}" : "{}");
        call(ask("GET", Body.NONE));
        assertThat(requests).hasSize(3);
    }

    @Test
    void a_broken_answer_is_asked_for_again_and_never_taken_for_whole() {
        script = (number, socket) -> {
            if (number == 1) {
                socket.getOutputStream()
                        .write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"half\":"
                                .getBytes(StandardCharsets.UTF_8));
                socket.close();
            } else {
                answer(socket, "200 OK", "{\"whole\": true}");
            }
        };
        assertThat(call(ask("GET", Body.NONE)).text()).isEqualTo("{\"whole\": true}");
    }

    @Test
    void silence_ends_with_the_clock_of_its_phase() {
        script = (number, socket) -> silence();
        long start = System.nanoTime();
        assertThatThrownBy(() ->
                        call(ask("GET", Body.NONE), RetryPolicy.NEVER, Duration.ofMillis(300), Duration.ofSeconds(5)))
                .isInstanceOfSatisfying(CallFailed.class, failed -> {
                    assertThat(failed.failure().kind()).isEqualTo(FailureKind.FIRST_TOKEN_TIMEOUT);
                    assertThat(failed.failure().phase()).isEqualTo(Phase.AWAITING);
                    assertThat(failed.failure().acknowledged()).isEqualTo(Acknowledged.UNKNOWN);
                    assertThat(failed.attempts()).isEqualTo(1);
                });
        assertThat((System.nanoTime() - start) / 1e9).isBetween(0.25, 3.0);
    }

    @Test
    void a_stall_in_the_middle_ends_too_and_the_server_saw_it() {
        script = (number, socket) -> {
            socket.getOutputStream()
                    .write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            silence();
        };
        assertThatThrownBy(() ->
                        call(ask("GET", Body.NONE), RetryPolicy.NEVER, Duration.ofMillis(300), Duration.ofSeconds(5)))
                .isInstanceOfSatisfying(CallFailed.class, failed -> {
                    assertThat(failed.failure().phase()).isEqualTo(Phase.STREAMING);
                    assertThat(failed.failure().acknowledged()).isEqualTo(Acknowledged.YES);
                });
    }

    @Test
    void a_refused_connection_was_never_seen() throws IOException {
        server.close();
        assertThatThrownBy(() ->
                        call(ask("GET", Body.NONE), RetryPolicy.NEVER, Duration.ofSeconds(1), Duration.ofSeconds(2)))
                .isInstanceOfSatisfying(CallFailed.class, failed -> {
                    assertThat(failed.failure().kind()).isEqualTo(FailureKind.CONNECT_FAILED);
                    assertThat(failed.failure().acknowledged()).isEqualTo(Acknowledged.NO);
                })
                .hasMessageNotContaining("secret");
    }

    @Test
    void a_name_that_is_not_there_is_told_as_dns() {
        Ask nowhere =
                Ask.json("GET", URI.create("http://nowhere.invalid/"), Map.of(), Body.NONE, new FireworksClassifier());
        assertThatThrownBy(() -> call(nowhere, RetryPolicy.NEVER, Duration.ofSeconds(1), Duration.ofSeconds(2)))
                .isInstanceOfSatisfying(
                        CallFailed.class,
                        failed -> assertThat(failed.failure().kind()).isEqualTo(FailureKind.DNS_FAILED));
    }

    @Test
    void a_page_with_a_200_is_no_answer() {
        script = (number, socket) -> answer(socket, "200 OK", "<html>sign in to the wifi</html>");
        assertThatThrownBy(() -> call(ask("GET", Body.NONE)))
                .isInstanceOfSatisfying(
                        CallFailed.class,
                        failed -> assertThat(failed.failure().kind()).isEqualTo(FailureKind.MALFORMED_ANSWER));
        assertThat(requests).hasSize(2);
    }

    @Test
    void a_redirect_is_not_followed_with_our_key() {
        script = (number, socket) -> answer(socket, "302 Found\r\nlocation: http://127.0.0.1:1/", "{}");
        assertThatThrownBy(() -> call(ask("GET", Body.NONE))).isInstanceOf(CallFailed.class);
        assertThat(requests).hasSize(1);
    }

    @Test
    void an_interrupted_thread_is_a_call_that_was_cancelled() throws Exception {
        script = (number, socket) -> silence();
        AtomicInteger reason = new AtomicInteger(-1);
        Thread caller = new Thread(() -> {
            try {
                call(ask("GET", Body.NONE), RetryPolicy.DEFAULT, Duration.ofSeconds(10), Duration.ofSeconds(20));
            } catch (CallFailed failed) {
                reason.set(failed.reason().ordinal());
            }
        });
        caller.start();
        while (requests.isEmpty()) {
            LockSupport.parkNanos(1_000_000);
        }
        caller.interrupt();
        caller.join(5_000);
        assertThat(reason).hasValue(GiveUp.CANCELLED.ordinal());
    }

    @Test
    void a_file_is_under_its_name_only_when_it_is_whole() throws Exception {
        Path file = folder.resolve("answer");
        script = (number, socket) -> {
            if (number == 1) {
                socket.getOutputStream()
                        .write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".getBytes(StandardCharsets.UTF_8));
                socket.getOutputStream().flush();
                assertThat(file).doesNotExist();
                socket.close();
            } else {
                answer(socket, "200 OK", "0123456789");
            }
        };
        call(ask("GET", Body.NONE).into(file));
        assertThat(Files.readString(file)).isEqualTo("0123456789");
    }

    @Test
    void a_form_carries_its_file_again_at_each_try() throws Exception {
        Path file = Files.writeString(folder.resolve("rows.jsonl"), "{\"a\": 1}\n");
        script = (number, socket) -> answer(socket, number == 1 ? "502 no" : "200 OK", "{}");
        call(ask("POST", Body.form("file", file)));
        assertThat(requests)
                .hasSize(2)
                .allSatisfy(request -> assertThat(request).contains("filename=\"rows.jsonl\"", "{\"a\": 1}\n\r\n--"));
    }
}
