package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.simulator.SimulatorServer;
import dev.backstay.testkit.Chats;
import dev.backstay.testkit.NameServer;
import dev.backstay.testkit.Place;
import dev.backstay.testkit.RawServer;
import io.netty.pkitesting.CertificateBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How APIs are reached: names with several addresses, certificates of one's own, other dialects. */
@ExtendWith(NoBufferLeaks.class)
class ReachingTest {

    private static final RawServer.Script FINE = (number, talk) -> talk.answer("200 OK", Chats.chat("fine", "stop"));

    private static final String BODY =
            "{\"model\":\"m\",\"stream\":true,\"max_tokens\":20,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

    private static final String MESSAGE_START =
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9}}}\n\n";
    private static final String DELTA =
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"fine\"}}\n\n";
    private static final String MESSAGE_STOP = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

    @TempDir
    private Path folder;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @Test
    void an_address_that_swallows_connections_holds_a_call_up_for_a_quarter_of_a_second() throws Exception {
        try (RawServer api = RawServer.start(FINE);
                Place hole = Place.blackHole(new InetSocketAddress("127.0.0.2", port(api)));
                NameServer names = new NameServer(Map.of("two.test", List.of("127.0.0.2", "127.0.0.1")));
                Gateway gateway = gateway("http://two.test:" + port(api) + "/v1", "", names)) {
            assertThat(hole.url()).contains("127.0.0.2");
            long begun = System.nanoTime();
            HttpResponse<String> answer = post(gateway, "/v1/chat/completions");
            long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);

            assertThat(answer.body()).contains("fine");
            assertThat(answer.headers().firstValue("Backstay-Attempts")).contains("1");
            assertThat(took).isBetween(Dial.NEXT_MILLIS, 2_000L);
        }
    }

    @Test
    void after_the_way_was_cut_silently_one_try_is_lost_and_not_one_for_each_idle_connection() throws Exception {
        int many = 8;
        CountDownLatch all = new CountDownLatch(many);
        Set<Thread> cut = ConcurrentHashMap.newKeySet(); // a thread for each connection
        try (RawServer api = RawServer.start((number, talk) -> {
                    if (number <= many) {
                        cut.add(Thread.currentThread());
                        all.countDown();
                        all.await();
                    } else if (cut.contains(Thread.currentThread())) {
                        talk.silence();
                    }
                    FINE.play(number, talk);
                });
                Gateway gateway = Gateway.start(GatewayConfig.read(
                        Files.writeString(
                                folder.resolve("backstay.yaml"),
                                "listen: 127.0.0.1:0\nupstream: {url: \"" + api.baseUrl()
                                        + "\"}\ntimeouts: {first-token: 1s, answer: 1s, total: 30s}\n"),
                        name -> null))) {
            HttpRequest ask = HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/chat/completions"))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"m\",\"messages\":[]}"))
                    .build();
            List<CompletableFuture<HttpResponse<String>>> together = Stream.generate(
                            () -> http.sendAsync(ask, HttpResponse.BodyHandlers.ofString()))
                    .limit(many)
                    .toList();
            together.forEach(CompletableFuture::join);
            HttpResponse<String> answer = post(gateway, "/v1/chat/completions");
            assertThat(answer.body()).contains("fine");
            assertThat(answer.headers().firstValue("Backstay-Attempts")).contains("2");
        }
    }

    @Test
    void an_address_that_takes_connections_and_stays_silent_goes_last() throws Exception {
        try (RawServer api = RawServer.start(FINE);
                Place silent = Place.mute(new InetSocketAddress("127.0.0.2", port(api)));
                NameServer names = new NameServer(Map.of("two.test", List.of("127.0.0.2", "127.0.0.1")));
                Gateway gateway = impatient("http://two.test:" + port(api) + "/v1", names)) {
            assertThat(silent.url()).contains("127.0.0.2");
            HttpResponse<String> answer = post(gateway, "/v1/chat/completions");
            assertThat(answer.body()).contains("fine");
            assertThat(answer.headers().firstValue("Backstay-Attempts")).contains("2");
            assertThat(post(gateway, "/v1/chat/completions").headers().firstValue("Backstay-Attempts"))
                    .as("the next call does not ask it either")
                    .contains("1");
        }
    }

    @Test
    void an_address_that_refuses_connections_holds_nobody_up() throws Exception {
        try (RawServer api = RawServer.start(FINE);
                NameServer names = new NameServer(Map.of("two.test", List.of("127.0.0.2", "127.0.0.1")));
                Gateway gateway = gateway("http://two.test:" + port(api) + "/v1", "", names)) {
            HttpResponse<String> answer = post(gateway, "/v1/chat/completions");

            assertThat(answer.body()).contains("fine");
            assertThat(answer.headers().firstValue("Backstay-Attempts")).contains("1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"both.test", "localhost"})
    void who_refuses_over_ipv4_may_answer_over_ipv6(String name) throws Exception {
        assumeThat(NetworkInterface.getByInetAddress(InetAddress.getByName("::1")))
                .as("IPv6 on the loopback")
                .isNotNull();
        try (RawServer api = RawServer.startAt(InetAddress.getByName("::1"), FINE);
                NameServer names = new NameServer(Map.of("both.test", List.of("127.0.0.1", "::1")));
                Gateway gateway = gateway("http://" + name + ":" + api.port() + "/v1", "", names)) {
            HttpResponse<String> answer = post(gateway, "/v1/chat/completions");
            assertThat(answer.body()).contains("fine");
            assertThat(answer.headers().firstValue("Backstay-Attempts")).contains("1");
        }
    }

    @Test
    void who_takes_connections_over_ipv4_and_stays_silent_may_answer_over_ipv6() throws Exception {
        assumeThat(NetworkInterface.getByInetAddress(InetAddress.getByName("::1")))
                .as("IPv6 on the loopback")
                .isNotNull();
        try (RawServer api = RawServer.startAt(InetAddress.getByName("::1"), FINE);
                Place silent = Place.mute(new InetSocketAddress("127.0.0.2", api.port()));
                NameServer names = new NameServer(Map.of("both.test", List.of("127.0.0.2", "::1")));
                Gateway gateway = impatient("http://both.test:" + api.port() + "/v1", names)) {
            assertThat(silent.url()).contains("127.0.0.2");
            HttpResponse<String> answer = post(gateway, "/v1/chat/completions");
            assertThat(answer.body()).contains("fine");
            assertThat(answer.headers().firstValue("Backstay-Attempts")).contains("2");
        }
    }

    @Test
    void a_certificate_authority_of_ones_own_is_trusted_and_no_other() throws Exception {
        try (SimulatorServer api = SimulatorServer.start(Rig.QUICK, new InetSocketAddress("127.0.0.1", 0), true, 7);
                NameServer names = new NameServer(Map.of())) {
            String url = api.url() + "/inference/v1";
            Path theirs = Files.writeString(
                    folder.resolve("theirs.pem"),
                    pem(api.certificate().orElseThrow().getEncoded()));
            Path others = Files.writeString(
                    folder.resolve("others.pem"),
                    new CertificateBuilder()
                            .subject("CN=others")
                            .setIsCertificateAuthority(true)
                            .buildSelfSigned()
                            .getCertificatePEM());
            try (Gateway gateway = gateway(url, "ca: " + theirs, names)) {
                assertThat(post(gateway, "/v1/chat/completions").statusCode()).isEqualTo(200);
            }
            try (Gateway gateway = gateway(url, "ca: " + others, names)) {
                assertThat(post(gateway, "/v1/chat/completions", "Backstay-Timeout", "1s")
                                .body())
                        .contains("\"phase\":\"securing\"");
            }
        }
    }

    @Test
    void the_key_stands_where_the_api_wants_it_and_the_callers_nowhere() throws Exception {
        String yaml = "listen: 127.0.0.1:0\nupstream: {url: \"%s\", api-key-env: KEY, api-key-header: x-api-key}\n";
        try (RawServer api = RawServer.start(FINE);
                Gateway gateway = Gateway.start(GatewayConfig.read(
                        Files.writeString(folder.resolve("backstay.yaml"), yaml.formatted(api.baseUrl())),
                        name -> name.equals("KEY") ? "sk-ours" : null))) {
            post(gateway, "/v1/chat/completions", "Authorization", "Bearer theirs");
            assertThat(api.requests().get(0))
                    .containsIgnoringCase("x-api-key: sk-ours")
                    .doesNotContain("theirs")
                    .doesNotContainIgnoringCase("authorization:");
        }
    }

    @Test
    void messages_in_anthropics_style_are_routed_and_known_to_be_whole() throws Exception {
        try (RawServer api = RawServer.start((number, talk) -> {
                    talk.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
                    talk.send(MESSAGE_START + DELTA);
                    talk.send(MESSAGE_STOP);
                });
                NameServer names = new NameServer(Map.of());
                Gateway gateway = gateway(api.baseUrl(), "", names)) {
            HttpResponse<String> whole = post(gateway, "/v1/messages", "anthropic-version", "2023-06-01");
            assertThat(whole.body()).isEqualTo(MESSAGE_START + DELTA + MESSAGE_STOP);
            assertThat(api.requests().get(0))
                    .startsWith("POST /v1/messages ")
                    .containsIgnoringCase("anthropic-version: 2023-06-01")
                    .contains("\"model\":\"theirs\"");
        }
    }

    @Test
    void a_message_in_anthropics_style_that_is_cut_ends_with_an_error_in_that_style() throws Exception {
        try (RawServer api = RawServer.start((number, talk) -> {
                    talk.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
                    talk.send(MESSAGE_START + DELTA);
                    throw new IOException("cut");
                });
                NameServer names = new NameServer(Map.of());
                Gateway gateway = gateway(api.baseUrl(), "", names);
                Socket caller = new Socket("127.0.0.1", gateway.address().getPort())) {
            Rig.send(caller, "/v1/messages", BODY);
            String got = Rig.readAll(caller);

            assertThat(got).contains(DELTA.strip(), "event: error\ndata: {\"type\":\"error\",\"error\":");
            assertThat(got).doesNotContain("message_stop").doesNotEndWith("0\r\n\r\n");
        }
    }

    private static int port(RawServer server) {
        return URI.create(server.baseUrl()).getPort();
    }

    private static String pem(byte[] certificate) {
        return "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                        .encodeToString(certificate) + "\n-----END CERTIFICATE-----\n";
    }

    private Gateway gateway(String url, String more, NameServer names) throws IOException {
        String yaml = "listen: 127.0.0.1:0\nmax-attempts: 1\nproviders: {a: {url: \"" + url + "\""
                + (more.isEmpty() ? "" : ", " + more) + "}}\nroutes: {m: {targets: [{provider: a, model: theirs}]}}\n";
        return Gateway.start(
                GatewayConfig.read(Files.writeString(folder.resolve("backstay.yaml"), yaml), name -> null),
                Optional.empty(),
                names.provider());
    }

    /** It notices after a second that nothing comes. */
    private Gateway impatient(String url, NameServer names) throws IOException {
        String yaml = "listen: 127.0.0.1:0\nupstream: {url: \"" + url
                + "\"}\ntimeouts: {first-token: 1s, answer: 1s, total: 30s}\n";
        return Gateway.start(
                GatewayConfig.read(Files.writeString(folder.resolve("backstay.yaml"), yaml), name -> null),
                Optional.empty(),
                names.provider());
    }

    private HttpResponse<String> post(Gateway gateway, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(gateway.url() + path))
                .timeout(Duration.ofSeconds(20))
                .POST(HttpRequest.BodyPublishers.ofString(
                        BODY.replace("\"stream\":true,", path.endsWith("messages") ? "\"stream\":true," : "")));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
