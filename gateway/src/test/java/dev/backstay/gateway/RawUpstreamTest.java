package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers as networks cut them and as bad servers send them, byte by byte; the simulator is too polite for these. */
@Timeout(60)
@ExtendWith(NoBufferLeaks.class)
@Execution(ExecutionMode.CONCURRENT)
class RawUpstreamTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HEAD =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 50, 150, 333, 5_000})
    void a_stream_comes_through_however_it_is_cut(int size) throws Exception {
        StringBuilder stream = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            stream.append("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word ")
                    .append(i)
                    .append("\"},\"finish_reason\":null}]}\n\n");
        }
        stream.append(
                "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
        try (Upstream upstream = new Upstream(out -> {
                    out.write(bytes(HEAD));
                    for (int from = 0; from < stream.length(); from += size) {
                        chunk(out, stream.substring(from, Math.min(stream.length(), from + size)));
                    }
                    out.write(bytes("0\r\n\r\n"));
                });
                Gateway gateway = upstream.gateway()) {
            for (int i = 0; i < 5; i++) {
                HttpResponse<String> answer = ask(gateway, true);
                assertThat(answer.body()).isEqualTo(stream.toString());
            }
        }
    }

    @Test
    void an_error_that_comes_with_the_first_event_is_not_an_answer() throws Exception {
        String both = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half\"}}]}\n\n"
                + "data: {\"error\":{\"message\":\"boom\"}}\n\n";
        try (Upstream upstream = new Upstream(out -> {
                    out.write(bytes(HEAD));
                    chunk(out, both);
                    out.write(bytes("0\r\n\r\n"));
                });
                Gateway gateway = upstream.gateway()) {
            HttpResponse<String> answer = ask(gateway, true);
            assertThat(answer.statusCode()).isEqualTo(502);
            assertThat(answer.body())
                    .contains("\"code\":\"stream_error\"")
                    .contains("boom")
                    .doesNotContain("half");
            assertThat(upstream.requests.get()).isGreaterThan(1);
        }
    }

    @Test
    void a_long_refusal_is_never_passed_on_in_part() throws Exception {
        String page = "x".repeat(300_000);
        try (Upstream upstream = new Upstream(out -> out.write(
                        bytes("HTTP/1.1 400 Bad Request\r\nContent-Length: " + page.length() + "\r\n\r\n" + page)));
                Gateway gateway = upstream.gateway()) {
            HttpResponse<String> answer = ask(gateway, false);
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body())
                    .startsWith("{\"error\":")
                    .contains("\"code\":\"bad_request\"")
                    .endsWith("}}");
        }
    }

    @Test
    void events_without_end_are_bounded() throws Exception {
        String line = "foo: " + "x".repeat(20_000) + "\n";
        try (Upstream upstream = new Upstream(out -> {
                    out.write(bytes(HEAD));
                    for (int i = 0; i < 2_000; i++) {
                        chunk(out, line);
                    }
                });
                Gateway gateway = upstream.gateway()) {
            HttpResponse<String> answer = ask(gateway, true);
            assertThat(answer.statusCode()).isEqualTo(502);
            assertThat(answer.body()).contains("malformed_answer");
        }
    }

    @Test
    void headers_of_one_connection_are_not_passed_on() throws Exception {
        String json = "{\"choices\":[]}";
        try (Upstream upstream =
                        new Upstream(out -> out.write(bytes("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                + "Connection: keep-alive, X-Secret-Hop\r\nX-Secret-Hop: 1\r\nSet-Cookie: a=b\r\nX-RateLimit-Limit-Requests: 2\r\nContent-Length: "
                                + json.length() + "\r\n\r\n" + json)));
                Gateway gateway = upstream.gateway()) {
            HttpResponse<String> answer = ask(gateway, false);
            assertThat(answer.headers().firstValue("x-secret-hop")).isEmpty();
            assertThat(answer.headers().firstValue("set-cookie"))
                    .as("of no use to callers")
                    .isEmpty();
            assertThat(answer.headers().firstValue("x-ratelimit-limit-requests"))
                    .contains("2");
        }
    }

    @Test
    void a_connection_that_died_while_idle_is_replaced_at_once() throws Exception {
        String json = "{\"choices\":[]}";
        try (Upstream upstream = new Upstream(out -> {
                    out.write(bytes("HTTP/1.1 200 OK\r\nContent-Length: " + json.length() + "\r\n\r\n" + json));
                    out.flush();
                    throw new IOException("closes without having said so");
                });
                Gateway gateway = upstream.gateway()) {
            for (int i = 0; i < 50; i++) {
                HttpResponse<String> answer = ask(gateway, false);
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                assertThat(Integer.parseInt(
                                answer.headers().firstValue("backstay-attempts").orElseThrow()))
                        .isLessThanOrEqualTo(2);
            }
        }
    }

    @Test
    void a_slow_reader_holds_the_provider_back_and_loses_nothing() throws Exception {
        String word = "x".repeat(4_000);
        int words = 6_000; // 24 MB are more than what fits into the sockets on the way
        AtomicInteger sent = new AtomicInteger();
        try (RawServer api = RawServer.start((number, talk) -> {
                    talk.beginStream();
                    for (int i = 0; i < words; i++) {
                        talk.token(i + word);
                        sent.incrementAndGet();
                    }
                    talk.done().close();
                });
                Gateway gateway = Gateway.start(GatewayConfig.defaults(URI.create(api.baseUrl()), Optional.empty())
                        .listeningOn(new InetSocketAddress("127.0.0.1", 0)));
                Socket socket = new Socket()) {
            socket.setReceiveBufferSize(16 * 1024);
            socket.connect(gateway.address());
            Rig.send(socket, "/v1/chat/completions", Rig.chat(words, true));
            // The caller does not read, so what the provider can send stops growing while the call goes on.
            int before = 0;
            while (before == 0 || sent.get() != before) {
                before = sent.get();
                LockSupport.parkNanos(100_000_000);
            }
            assertThat(sent).hasValueLessThan(words);
            assertThat(gateway.running()).isEqualTo(1);
            String all = Rig.readUntil(socket, "[DONE]");
            int at = 0;
            for (int i = 0; i < words; i++) {
                at = all.indexOf("\"" + i + word + "\"", at);
                assertThat(at).as("word %s", i).isNotNegative();
            }
        }
    }

    @Test
    void an_error_of_ours_is_as_the_sdk_of_its_path_reads_it_and_names_the_last_answer() throws Exception {
        try (RawServer api = RawServer.start((number, talk) ->
                        talk.answer("503 no", "{}", "request-id: theirs-" + number, "x-ratelimit-limit-requests: 7"));
                Gateway gateway = Gateway.start(GatewayConfig.defaults(URI.create(api.baseUrl()), Optional.empty())
                        .listeningOn(new InetSocketAddress("127.0.0.1", 0)));
                Socket socket = new Socket("127.0.0.1", gateway.address().getPort())) {
            String body = "{\"model\":\"m\",\"max_tokens\":5,\"messages\":[]}";
            socket.getOutputStream()
                    .write(("POST /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nBackstay-Timeout: 1s\r\n"
                                    + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = Rig.readAll(socket);
            JsonNode error = JSON.readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4));
            assertThat(error.path("type").asText()).isEqualTo("error");
            assertThat(error.at("/error/type").asText()).isIn("overloaded_error", "timeout_error");
            assertThat(error.at("/error/message").asText()).startsWith("Backstay: ");
            assertThat(answer).contains("request-id: theirs-", "x-ratelimit-limit-requests: 7");
        }
    }

    private static HttpResponse<String> ask(Gateway gateway, boolean streamed) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/chat/completions"))
                .POST(HttpRequest.BodyPublishers.ofString(Rig.chat(3, streamed)))
                .build();
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .build()
                .send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static void chunk(OutputStream out, String text) throws IOException {
        out.write(bytes(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n"));
        out.flush();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Writes one answer. */
    @FunctionalInterface
    private interface Script {
        void write(OutputStream out) throws IOException;
    }

    /** A server that answers every request with the same bytes. */
    private static final class Upstream implements AutoCloseable {
        private final AtomicInteger requests = new AtomicInteger();
        private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final Script script;

        private Upstream(Script script) throws IOException {
            this.script = script;
            spawn(() -> {
                while (true) {
                    Socket socket = listening.accept();
                    spawn(() -> serve(socket));
                }
            });
        }

        private Gateway gateway() throws Exception {
            URI url = URI.create("http://127.0.0.1:" + listening.getLocalPort() + "/v1");
            return Gateway.start(
                    GatewayConfig.defaults(url, Optional.empty()).listeningOn(new InetSocketAddress("127.0.0.1", 0)));
        }

        private void serve(Socket socket) throws IOException {
            try (socket) {
                socket.setTcpNoDelay(true);
                while (Rig.readUntil(socket, "}]}").length() > 0) {
                    requests.incrementAndGet();
                    script.write(socket.getOutputStream());
                    socket.getOutputStream().flush();
                }
            }
        }

        @Override
        public void close() throws IOException {
            listening.close();
        }

        private interface Work {
            void run() throws IOException;
        }

        private static void spawn(Work work) {
            Thread thread = new Thread(() -> {
                try {
                    work.run();
                } catch (IOException ended) {
                    // the other side is gone, or the test is over
                }
            });
            thread.setDaemon(true);
            thread.start();
        }
    }
}
