package dev.backstay.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.client.Backstay;
import dev.backstay.client.CallFailed;
import dev.backstay.client.Clocks;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.EventListener;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What plain OkHttp does when things go wrong, and what it does on Backstay. Both over real sockets. */
@Timeout(60)
class OkHttpFaultsTest {

    private static final String CHAT = "{\"model\":\"m\",\"messages\":[]}";
    private static final String STREAMED = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";

    private RawServer server = RawServer.start((number, talk) -> talk.chat("hello"));
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private OkHttpClient mine = new OkHttpClient();
    private Backstay backstay;

    @AfterEach
    void nothing_leaks() {
        if (backstay != null) {
            eventually(() -> backstay.running() + backstay.connectionsInUse() == 0);
            assertThat(backstay.running()).isZero();
            assertThat(backstay.connectionsInUse()).isZero();
            backstay.close();
        }
        mine.connectionPool().evictAll();
        server.close();
    }

    private interface Condition {
        boolean holds();
    }

    private static void eventually(Condition condition) {
        long until = System.nanoTime() + 5_000_000_000L;
        while (!condition.holds() && System.nanoTime() < until) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    private void serve(RawServer.Script script) {
        server.close();
        server = RawServer.start(script);
    }

    private OkHttpClient ours(Clocks clocks) {
        backstay = Backstay.builder()
                .baseUrl(server.baseUrl())
                .timeouts(clocks)
                .okHttpClient(mine)
                .build();
        return BackstayOkHttp.install(mine, backstay);
    }

    private OkHttpClient ours() {
        return ours(Clocks.USUAL);
    }

    private Request request(String path, String json) {
        return new Request.Builder()
                .url(server.baseUrl() + path)
                .header("Authorization", "Bearer k")
                .post(RequestBody.create(json, MediaType.get("application/json")))
                .build();
    }

    private String text(OkHttpClient client, String json) throws IOException {
        try (Response response =
                client.newCall(request("/chat/completions", json)).execute()) {
            return response.code() + " " + response.body().string();
        }
    }

    @Test
    void calls_and_streams_are_as_before() throws Exception {
        serve((number, talk) -> {
            if (talk.streamed()) {
                talk.beginStream().token("a").done().close();
            } else {
                talk.chat("hello");
            }
        });
        OkHttpClient client = ours();
        assertThat(text(client, CHAT)).startsWith("200").contains("hello");
        assertThat(text(client, STREAMED)).startsWith("200").endsWith("data: [DONE]\n\n");
        CompletableFuture<String> later = new CompletableFuture<>();
        client.newCall(request("/chat/completions", STREAMED)).enqueue(new Callback() {
            @Override
            public void onFailure(Call call, IOException failure) {
                later.completeExceptionally(failure);
            }

            @Override
            public void onResponse(Call call, Response response) throws IOException {
                later.complete(response.body().string());
            }
        });
        assertThat(later.get()).endsWith("data: [DONE]\n\n");
        assertThat(server.requests())
                .hasSize(3)
                .allSatisfy(request -> assertThat(request).containsIgnoringCase("Authorization: Bearer k"));
    }

    @Test
    void a_503_is_an_answer_for_okhttp_and_tried_again_with_backstay() throws Exception {
        RawServer.Script twice = (number, talk) -> {
            if (number < 3) {
                talk.answer("503 no", "{}");
            } else {
                talk.chat("hello");
            }
        };
        serve(twice);
        assertThat(text(mine, CHAT)).startsWith("503");
        serve(twice);
        assertThat(text(ours(), CHAT)).startsWith("200");
        assertThat(server.requests()).hasSize(3);
    }

    @Test
    void a_truncated_stream_is_a_success_for_okhttp_and_an_error_with_backstay() throws Exception {
        serve((number, talk) -> talk.beginStream().token("half").close());
        assertThat(text(mine, STREAMED)).contains("half");
        OkHttpClient client = ours();
        assertThatThrownBy(() -> text(client, STREAMED))
                .isInstanceOf(IOException.class)
                .hasRootCauseInstanceOf(CallFailed.class)
                .hasMessageContaining("stream_truncated");
    }

    @Test
    void a_pause_of_more_than_10_s_kills_a_call_of_okhttp_and_backstay_knows_an_answer_from_a_stall() throws Exception {
        serve((number, talk) -> {
            talk.pause(1_200);
            talk.chat("hello");
        });
        OkHttpClient hasty =
                mine.newBuilder().readTimeout(Duration.ofSeconds(1)).build();
        assertThatThrownBy(() -> text(hasty, CHAT)).isInstanceOf(IOException.class);
        OkHttpClient client = ours();
        OkHttpClient same = BackstayOkHttp.install(hasty, backstay);
        assertThat(text(client, CHAT)).startsWith("200");
        assertThat(text(same, CHAT)).as("its read timeout does not count").startsWith("200");
    }

    @Test
    void what_the_provider_said_last_is_the_answer() throws Exception {
        serve((number, talk) -> talk.answer("429 no", "{\"error\":{}}", "Retry-After: 3600"));
        try (Response response =
                ours().newCall(request("/chat/completions", CHAT)).execute()) {
            assertThat(response.code()).isEqualTo(429);
            assertThat(response.header("Retry-After")).isEqualTo("3600");
        }
    }

    @Test
    void cancelling_a_call_closes_its_connection_before_and_after_the_head() {
        serve((number, talk) -> {
            if (talk.streamed()) {
                talk.beginStream().token("half");
            }
            talk.silence();
        });
        OkHttpClient client = ours();
        for (String json : List.of(CHAT, STREAMED)) {
            Call call = client.newCall(request("/chat/completions", json));
            CompletableFuture<String> over = new CompletableFuture<>();
            int before = server.requests().size();
            new Thread(() -> {
                        try (Response response = call.execute()) {
                            over.complete(response.body().string());
                        } catch (IOException left) {
                            over.completeExceptionally(left);
                        }
                    })
                    .start();
            eventually(() -> server.requests().size() > before);
            call.cancel();
            assertThatThrownBy(over::join).hasCauseInstanceOf(IOException.class);
            eventually(() -> server.connections() == 0);
            assertThat(server.connections()).isZero();
        }
    }

    @Test
    void a_base_url_is_the_same_however_it_is_written() throws Exception {
        backstay = Backstay.builder()
                .baseUrl(server.baseUrl().replace("http://127.0.0.1", "HTTP://LocalHost") + "/")
                .build();
        OkHttpClient client = BackstayOkHttp.install(mine, backstay);
        Request request = new Request.Builder()
                .url(server.baseUrl().replace("127.0.0.1", "localhost") + "/models")
                .build();
        try (Response response = client.newCall(request).execute()) {
            assertThat(response.code()).isEqualTo(200);
        }
        assertThat(server.requests().get(0)).containsIgnoringCase("x-request-id: call-");
    }

    @Test
    void what_is_not_below_the_base_url_passes() throws Exception {
        mine = new OkHttpClient.Builder()
                .eventListener(new EventListener() {
                    @Override
                    public void responseHeadersEnd(Call call, Response response) {
                        heard.add("head " + response.code());
                    }
                })
                .build();
        OkHttpClient client = ours();
        try (RawServer other = RawServer.start((number, talk) -> talk.answer("503 no", "{}"))) {
            Request elsewhere =
                    new Request.Builder().url(other.baseUrl() + "/messages").build();
            try (Response response = client.newCall(elsewhere).execute()) {
                assertThat(response.code()).isEqualTo(503);
            }
            assertThat(other.requests()).hasSize(1);
            assertThat(heard).containsExactly("head 503");
        }
    }

    @Test
    void what_is_no_json_is_the_servers_to_judge() throws Exception {
        serve((number, talk) -> talk.answer("400 Bad Request", "{\"error\":{\"message\":\"not JSON\"}}"));
        assertThat(text(ours(), "no JSON")).contains("not JSON");
        assertThat(server.requests()).singleElement().asString().endsWith("no JSON");
    }

    @Test
    void who_listened_before_hears_one_call_with_all_its_attempts() throws Exception {
        mine = new OkHttpClient.Builder()
                .eventListenerFactory(call -> new Writing(call, heard))
                .build();
        serve((number, talk) -> {
            if (number == 1) {
                talk.answer("503 no", "{}");
            } else {
                talk.chat("hello");
            }
        });
        text(ours(), CHAT);
        assertThat(heard).containsExactly("begins", "head 503", "head 200", "ends");
    }

    /** Writes down what it hears of its call. */
    private static final class Writing extends EventListener {
        private final Call mine;
        private final List<String> heard;

        Writing(Call mine, List<String> heard) {
            this.mine = mine;
            this.heard = heard;
        }

        private void hear(Call call, String what) {
            heard.add(call == mine ? what : what + " of another");
        }

        @Override
        public void callStart(Call call) {
            hear(call, "begins");
        }

        @Override
        public void responseHeadersEnd(Call call, Response response) {
            hear(call, "head " + response.code());
        }

        @Override
        public void callEnd(Call call) {
            hear(call, "ends");
        }
    }

    @Test
    void tags_reach_network_interceptors_and_the_kernel_asks_whether_the_api_is_there() throws Exception {
        mine = new OkHttpClient.Builder()
                .addNetworkInterceptor(chain -> {
                    heard.add(chain.request().tag(String.class)
                            + (chain.connection().socket().getKeepAlive() ? ", kept alive" : ""));
                    return chain.proceed(chain.request());
                })
                .build();
        OkHttpClient client = ours();
        Request tagged = request("/chat/completions", CHAT)
                .newBuilder()
                .tag(String.class, "the tag")
                .build();
        client.newCall(tagged).execute().close();
        assertThat(heard).containsExactly("the tag, kept alive");
    }

    @Test
    void calls_that_wait_hold_no_place() {
        serve((number, talk) -> {
            if (talk.request().contains("limited")) {
                talk.answer("429 no", "{}", "Retry-After: 30");
            } else {
                talk.chat("hello");
            }
        });
        OkHttpClient client = ours();
        CompletableFuture<Integer> answered = new CompletableFuture<>();
        for (int i = 0; i < 8; i++) {
            client.newCall(request("/chat/completions", CHAT.replace("\"m\"", "\"limited\"")))
                    .enqueue(new Answered(new CompletableFuture<>()));
        }
        client.newCall(request("/chat/completions", CHAT)).enqueue(new Answered(answered));
        assertThat(answered.join()).isEqualTo(200);
        client.dispatcher().cancelAll();
    }

    private record Answered(CompletableFuture<Integer> status) implements Callback {
        @Override
        public void onFailure(Call call, IOException failure) {
            status.completeExceptionally(failure);
        }

        @Override
        public void onResponse(Call call, Response response) {
            response.close();
            status.complete(response.code());
        }
    }

    @Test
    void an_interceptor_that_tries_again_does_not_multiply_attempts() {
        mine = new OkHttpClient.Builder()
                .addInterceptor(chain -> {
                    Response first = chain.proceed(chain.request());
                    if (first.code() != 400) {
                        return first;
                    }
                    first.close();
                    return chain.proceed(chain.request());
                })
                .build();
        serve((number, talk) -> talk.answer("400 no", "{}"));
        backstay =
                Backstay.builder().baseUrl(server.baseUrl()).okHttpClient(mine).build();
        assertThatThrownBy(() -> backstay.send(backstay.ask("/chat/completions", CHAT)))
                .isInstanceOf(CallFailed.class);
        assertThat(server.requests()).hasSize(1);
    }
}
