package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.gateway.keys.CallerKey;
import dev.backstay.gateway.keys.KeyFile;
import dev.backstay.gateway.keys.KeyLimits;
import dev.backstay.testkit.Chats;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Routes, keys, reloads, proxies: what the settings say is what callers get. */
@ExtendWith(NoBufferLeaks.class)
class ServingTest {

    private static final RawServer.Script FINE = (number, talk) -> talk.answer("200 OK", Chats.chat("fine", "stop"));

    @TempDir
    private Path folder;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @Test
    void a_route_names_the_model_as_its_target_has_it_and_changes_nothing_else() throws Exception {
        try (RawServer api = RawServer.start(FINE);
                Gateway gateway =
                        gateway(provider(api) + "routes: {mine: {targets: [{provider: a, model: 'theirs/\"x\"'}]}}")) {
            assertThat(post(gateway, "{ \"x\":\"\u00fc\", \"model\" : \"mine\",\n\"n\":1 }")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(api.requests().get(0))
                    .endsWith("{ \"x\":\"\u00fc\", \"model\" : \"theirs/\\\"x\\\"\",\n\"n\":1 }");
        }
    }

    @Test
    void the_models_are_the_routes() throws Exception {
        try (RawServer api = RawServer.start(FINE);
                Gateway gateway = gateway(
                        provider(api) + "routes: {b: {targets: [{provider: a}]}, a: {targets: [{provider: a}]}}")) {
            HttpResponse<String> models = http.send(
                    HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/models"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(models.body()).containsSubsequence("\"id\":\"a\"", "\"id\":\"b\"");
            assertThat(post(gateway, "{\"model\":\"c\"}").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void weights_are_kept_to_over_many_calls() throws Exception {
        try (RawServer one = RawServer.start(FINE);
                RawServer two = RawServer.start(FINE);
                Gateway gateway = gateway(
                        "providers: {a: {url: \"" + one.baseUrl() + "\"}, b: {url: \"" + two.baseUrl()
                                + "\"}}\nroutes: {m: {pick: weighted, targets: [{provider: a, weight: 3}, {provider: b, weight: 1}]}}")) {
            for (int i = 0; i < 200; i++) {
                post(gateway, "{\"model\":\"m\"}");
            }
            assertThat(one.requests().size()).isBetween(120, 180);
            assertThat(one.requests().size() + two.requests().size()).isEqualTo(200);
        }
    }

    @Test
    void a_reload_is_taken_whole_or_not_at_all_and_running_calls_end_on_the_old_settings() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (RawServer slow = RawServer.start((number, talk) -> {
                    go.await();
                    FINE.play(number, talk);
                });
                RawServer other =
                        RawServer.start((number, talk) -> talk.answer("200 OK", Chats.chat("other", "stop")));
                Gateway gateway = gateway(provider(slow) + "routes: {m: {targets: [{provider: a}]}}")) {
            CompletableFuture<HttpResponse<String>> running = CompletableFuture.supplyAsync(() -> {
                try {
                    return post(gateway, "{\"model\":\"m\"}");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            while (slow.requests().isEmpty()) {
                LockSupport.parkNanos(1_000_000);
            }
            assertThat(gateway.reload(
                            () -> config("listen: 127.0.0.1:0\nroutes: {m: {targets: [{provider: nobody}]}}")))
                    .as("invalid")
                    .isFalse();
            assertThat(gateway.reload(() -> config(provider(other) + "routes: {m: {targets: [{provider: a}]}}")))
                    .isTrue();
            assertThat(post(gateway, "{\"model\":\"m\"}").body()).contains("other");
            go.countDown();
            assertThat(running.get(20, TimeUnit.SECONDS).body()).contains("fine");
        }
    }

    @Test
    void keys_are_asked_for_limited_and_revoked_while_it_runs() throws Exception {
        CallerKey.Made two = key(new KeyLimits(null, null, 25L, null, null, null));
        CallerKey.Made one = key(new KeyLimits(null, null, null, 1L, null, List.of("m")));
        Path keys = folder.resolve("keys.yaml");
        KeyFile.write(keys, List.of(one.key(), two.key()));
        assertThat(Files.readString(keys)).doesNotContain(one.token().substring(13));
        String settings = "keys: keys.yaml\nroutes: {m: {targets: [{provider: a}]}}";
        try (RawServer api = RawServer.start(FINE);
                Gateway gateway = gateway(provider(api) + settings)) {
            assertThat(post(gateway, "{\"model\":\"m\"}").statusCode()).isEqualTo(401);
            HttpResponse<String> good = post(gateway, "{\"model\":\"m\"}", "Authorization", "Bearer " + one.token());
            assertThat(good.statusCode()).as(good.body()).isEqualTo(200);
            assertThat(api.requests().get(0)).as("the key stays here").doesNotContain("bks_");
            assertThat(post(gateway, "{\"model\":\"m\"}", "x-api-key", two.token())
                            .statusCode())
                    .isEqualTo(200);
            assertThat(post(gateway, "{\"model\":\"m\"}", "x-api-key", two.token())
                            .statusCode())
                    .isEqualTo(200);
            HttpResponse<String> spent = post(gateway, "{\"model\":\"m\"}", "x-api-key", two.token());
            assertThat(spent.statusCode()).as("12 tokens a call, 25 a day").isEqualTo(200);
            spent = post(gateway, "{\"model\":\"m\"}", "x-api-key", two.token());
            assertThat(spent.statusCode()).isEqualTo(429);
            assertThat(spent.body()).contains("daily_budget_spent");
            assertThat(Integer.parseInt(
                            spent.headers().firstValue("retry-after").orElseThrow()))
                    .isPositive();

            KeyFile.write(keys, List.of(two.key()));
            gateway.reload(() -> config(provider(api) + settings));
            assertThat(post(gateway, "{\"model\":\"m\"}", "x-api-key", one.token())
                            .statusCode())
                    .isEqualTo(401);
        }
    }

    @Test
    void what_keys_have_used_outlives_a_restart() throws Exception {
        CallerKey.Made made = key(new KeyLimits(null, null, 10L, null, null, null));
        KeyFile.write(folder.resolve("keys.yaml"), List.of(made.key()));
        String settings = "keys: keys.yaml\nroutes: {m: {targets: [{provider: a}]}}";
        try (RawServer api = RawServer.start(FINE)) {
            try (Gateway gateway = gateway(provider(api) + settings)) {
                assertThat(post(gateway, "{\"model\":\"m\"}", "x-api-key", made.token())
                                .statusCode())
                        .isEqualTo(200);
            }
            try (Gateway gateway = gateway(provider(api) + settings)) {
                assertThat(post(gateway, "{\"model\":\"m\"}", "x-api-key", made.token())
                                .statusCode())
                        .isEqualTo(429);
            }
        }
    }

    @Test
    void a_budget_counts_what_is_streamed_and_nothing_for_what_is_refused() throws Exception {
        CallerKey.Made made = key(new KeyLimits(null, null, 40L, null, null, null));
        KeyFile.write(folder.resolve("keys.yaml"), List.of(made.key()));
        String settings = "keys: keys.yaml\nroutes: {m: {targets: [{provider: a}]}}";
        String stream = "{\"model\":\"m\",\"stream\":true}"; // about seven tokens
        try (RawServer api = RawServer.start((number, talk) -> {
                    if (number == 1) {
                        talk.answer("400 Bad Request", "{\"error\":{\"message\":\"no pictures\"}}");
                        return;
                    }
                    talk.beginStream();
                    for (int i = 0; i < 15; i++) {
                        talk.token("x");
                    }
                    talk.done().close();
                });
                Gateway gateway = gateway(provider(api) + settings)) {
            String picture = "{\"model\":\"m\",\"messages\":[{\"url\":\"" + "x".repeat(100_000) + "\"}]}";
            assertThat(post(gateway, picture, "x-api-key", made.token()).statusCode())
                    .isEqualTo(400);
            assertThat(post(gateway, stream, "x-api-key", made.token()).statusCode())
                    .isEqualTo(200);
            assertThat(post(gateway, stream, "x-api-key", made.token()).statusCode())
                    .isEqualTo(200);
            HttpResponse<String> spent =
                    post(gateway, stream, "x-api-key", made.token(), "Idempotency-Key", "never begun");
            assertThat(spent.statusCode()).as("two prompts and 32 events").isEqualTo(429);
            assertThat(gateway.shares().size()).isZero();
        }
    }

    @Test
    void without_keys_it_listens_for_this_machine_only_unless_told_otherwise() {
        assertThatThrownBy(() -> config("listen: 0.0.0.0:0"))
                .hasMessageContaining("keys")
                .hasMessageContaining("allow-anyone");
        assertThat(noFailure("listen: 0.0.0.0:0\nallow-anyone: true")).isTrue();
    }

    @Test
    void a_call_goes_through_the_proxy_and_its_refusal_is_told() throws Exception {
        List<String> heads = new ArrayList<>();
        try (RawServer api = RawServer.start(FINE);
                ServerSocket proxy = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread forwarding = new Thread(() -> forward(proxy, heads));
            forwarding.setDaemon(true);
            forwarding.start();
            String through = "http://me:secret@127.0.0.1:" + proxy.getLocalPort();
            try (Gateway gateway = gateway("providers: {a: {url: \"" + api.baseUrl() + "\", proxy: \"" + through
                    + "\"}}\nroutes: {m: {targets: [{provider: a}]}}")) {
                assertThat(post(gateway, "{\"model\":\"m\"}").body()).contains("fine");
            }
            assertThat(heads.get(0))
                    .startsWith("CONNECT 127.0.0.1:")
                    .contains("Proxy-Authorization: Basic bWU6c2VjcmV0");
        }
    }

    @Test
    void another_upstream_is_not_reached_through_the_proxy_or_with_the_key_of_the_first() throws Exception {
        Path key = Files.writeString(folder.resolve("key"), "fw_first");
        GatewayConfig config = config("upstream: {url: \"https://api.example.com/v1\", api-key-file: \"" + key
                        + "\", proxy: \"http://proxy:3128\"}")
                .inFrontOf(URI.create("http://127.0.0.1:1/v1"));
        assertThat(config.effective())
                .contains("http://127.0.0.1:1/v1", "key: (the callers')")
                .doesNotContain("proxy:3128");
    }

    /** A proxy that opens a tunnel to whatever it is asked for. */
    private static void forward(ServerSocket proxy, List<String> heads) {
        try {
            while (true) {
                Socket caller = proxy.accept();
                String head = Rig.readUntil(caller, "\r\n\r\n");
                heads.add(head);
                Socket api = new Socket("127.0.0.1", Integer.parseInt(head.split("[: ]")[2]));
                caller.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                pump(caller, api);
                pump(api, caller);
            }
        } catch (IOException over) {
            // the test is over
        }
    }

    private static void pump(Socket from, Socket to) {
        Thread thread = new Thread(() -> {
            try (InputStream in = from.getInputStream()) {
                in.transferTo(to.getOutputStream());
                to.close();
            } catch (IOException over) {
                // one side left
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @Test
    void settings_of_the_environment_go_before_those_of_the_file() throws Exception {
        Path file = Files.writeString(
                folder.resolve("backstay.yaml"), "upstream: {url: \"http://127.0.0.1:1/v1\"}\ndrain: 5s");
        Map<String, String> environment = Map.of(
                "BACKSTAY_UPSTREAM_URL",
                "http://127.0.0.1:2/v1",
                "BACKSTAY_LIMITS_BODY",
                "1MiB",
                "BACKSTAY_PORT",
                "tcp://1.2.3.4");
        GatewayConfig config = GatewayConfig.read(file, environment::get);
        assertThat(config.effective()).contains("http://127.0.0.1:2/v1", "body: 1048576", "drain: 5s");
    }

    @Test
    void what_is_in_force_is_printed_without_secrets() throws Exception {
        Path key = Files.writeString(folder.resolve("key"), "fw_canary\n");
        GatewayConfig config = config("providers: {a: {url: \"https://api.example.com/v1\", api-key-file: \"" + key
                + "\", proxy: \"http://me:canary@proxy:3128\"}}\nroutes: {m: {targets: [{provider: a, model: x}]}}");
        assertThat(config.effective())
                .doesNotContain("canary")
                .contains("http://proxy:3128", "key: (ours)", "pick: ordered", "connections: 20000");
    }

    @Test
    void a_drain_refuses_new_calls_and_lets_running_ones_end() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (RawServer slow = RawServer.start((number, talk) -> {
                    go.await();
                    FINE.play(number, talk);
                });
                Gateway gateway = gateway(provider(slow) + "routes: {m: {targets: [{provider: a}]}}");
                Socket early = new Socket("127.0.0.1", gateway.address().getPort())) {
            Rig.send(early, "/v1/chat/completions", "{\"model\":\"m\"}");
            while (slow.requests().isEmpty()) {
                LockSupport.parkNanos(1_000_000);
            }
            CompletableFuture<Boolean> drained = CompletableFuture.supplyAsync(() -> {
                try {
                    return gateway.drain(Duration.ofSeconds(20));
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            while (!gateway.isDraining()) {
                LockSupport.parkNanos(1_000_000);
            }
            HttpResponse<String> late = post(gateway, "{\"model\":\"m\"}");
            assertThat(late.statusCode()).isEqualTo(503);
            assertThat(late.headers().firstValue("connection")).contains("close");
            assertThat(late.headers().firstValue("retry-after")).contains("1");
            go.countDown();
            assertThat(Rig.readAll(early)).startsWith("HTTP/1.1 200").contains("fine");
            assertThat(drained.get(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static CallerKey.Made key(KeyLimits limits) {
        return CallerKey.make("tests", limits, Instant.EPOCH, new SecureRandom());
    }

    private static String provider(RawServer api) {
        return "providers: {a: {url: \"" + api.baseUrl() + "\"}}\n";
    }

    private boolean noFailure(String yaml) {
        try {
            config(yaml);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private GatewayConfig config(String yaml) throws IOException {
        return GatewayConfig.read(
                Files.writeString(
                        folder.resolve("backstay.yaml"),
                        yaml.contains("listen:") ? yaml : "listen: 127.0.0.1:0\n" + yaml),
                name -> null);
    }

    private Gateway gateway(String yaml) throws IOException {
        return Gateway.start(config(yaml));
    }

    private HttpResponse<String> post(Gateway gateway, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/chat/completions"))
                .timeout(Duration.ofSeconds(20))
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
