package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.testkit.RawServer;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests of an API that the gateway does not read: they pass as they are, and nothing is done twice. */
@Timeout(120)
class PassingTest {

    private static final InetSocketAddress ANYWHERE = new InetSocketAddress("127.0.0.1", 0);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private RawServer api;
    private Gateway gateway;

    @TempDir
    private Path folder;

    private void start(RawServer.Script script) throws Exception {
        api = RawServer.start(script);
        gateway = Gateway.start(GatewayConfig.defaults(URI.create(api.baseUrl()), Optional.of("secret"))
                .listeningOn(ANYWHERE));
    }

    private void startWithRoutes(RawServer.Script script) throws Exception {
        api = RawServer.start(script);
        Path file = Files.writeString(
                folder.resolve("backstay.yaml"),
                "listen: 127.0.0.1:0\nproviders:\n  p: {url: \"" + api.baseUrl()
                        + "\"}\nroutes:\n  zebra: {targets: [{provider: p, model: z}]}\n"
                        + "  fast/model: {targets: [{provider: p, model: real}]}\n");
        gateway = Gateway.start(GatewayConfig.read(file, name -> null));
    }

    @AfterEach
    void stop() {
        if (gateway != null) {
            gateway.close();
        }
        if (api != null) {
            api.close();
        }
    }

    private HttpResponse<String> ask(String method, String path, String body, String... headers) throws Exception {
        return ask(method, path, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    private HttpResponse<String> ask(String method, String path, byte[] body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(gateway.url() + path))
                .method(method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/responses/resp_1?include=usage, /v1/responses/resp_1?include=usage",
        "DELETE, /v1/responses/resp_1, /v1/responses/resp_1",
        "POST, /v1/responses/resp_1/cancel, /v1/responses/resp_1/cancel",
        "GET, /inference/v1/responses/resp_1/input_items, /v1/responses/resp_1/input_items",
        "GET, /v1/models/some%2Fmodel, /v1/models/some%2Fmodel",
        "GET, /v1/chat/completions, /v1/chat/completions",
        "PATCH, /v1/anything, /v1/anything"
    })
    void a_path_that_is_not_read_passes_as_it_is(String method, String path, String there) throws Exception {
        start((number, talk) -> talk.answer("200 OK", "{\"id\":\"resp_1\"}", "x-request-id: r-1", "etag: \"7\""));
        HttpResponse<String> got = ask(method, path, "");
        assertThat(got.statusCode()).isEqualTo(200);
        assertThat(got.body()).isEqualTo("{\"id\":\"resp_1\"}");
        assertThat(got.headers().firstValue("x-request-id")).contains("r-1");
        assertThat(got.headers().firstValue("etag")).contains("\"7\"");
        assertThat(api.requests()).singleElement().satisfies(request -> {
            assertThat(request)
                    .startsWith(method + " " + there + " HTTP/1.1\r\n")
                    .contains("Bearer secret");
            if (method.equals("POST")) {
                assertThat(request.toLowerCase(java.util.Locale.ROOT)).contains("content-length: 0\r\n");
            }
        });
    }

    @Test
    void an_upload_passes_byte_for_byte() throws Exception {
        start((number, talk) -> talk.answer("200 OK", "{\"text\":\"hello\"}"));
        String form = "--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper\r\n--x--\r\n";
        HttpResponse<String> got =
                ask("POST", "/v1/audio/transcriptions", form, "Content-Type", "multipart/form-data; boundary=x");
        assertThat(got.body()).isEqualTo("{\"text\":\"hello\"}");
        assertThat(api.requests().get(0))
                .contains("multipart/form-data; boundary=x")
                .endsWith(form);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/files, '{}', 1",
        "/v1/batches, '{}', 1",
        "/v1/responses/resp_1/cancel, '', 1",
        "/v1/fine_tuning/jobs, '{\"model\":\"m\"}', 1",
        "/v1/responses, '{\"model\":\"m\",\"input\":\"x\",\"background\":true}', 1",
        "/v1/responses, '{\"model\":\"m\",\"input\":\"x\",\"conversation\":\"conv_1\"}', 1",
        "/v1/responses, '{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"mcp\",\"server_url\":\"u\"}]}', 1",
        "/v1/responses, '{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"}]}', 3",
        "/v1/moderations, '{\"input\":\"x\"}', 3",
        "/v1/rerank, '{\"model\":\"m\"}', 3",
        "/v1/messages/count_tokens, '{\"model\":\"m\"}', 3",
        "/v1/images/generations, '{\"model\":\"m\"}', 3"
    })
    void what_may_act_twice_is_not_sent_again_once_it_was_seen(String path, String body, int times) throws Exception {
        start((number, talk) -> talk.answer("500 Internal Server Error", "{\"error\":{\"message\":\"no luck\"}}"));
        HttpResponse<String> got = ask("POST", path, body, "Content-Type", "application/json");
        assertThat(got.statusCode()).isEqualTo(500);
        assertThat(got.body()).contains("no luck");
        assertThat(api.requests()).hasSize(times);
    }

    @Test
    void what_was_turned_away_was_not_begun_and_is_sent_again() throws Exception {
        start((number, talk) -> {
            if (number == 1) {
                talk.answer("429 Too Many Requests", "{}", "retry-after-ms: 20");
            } else {
                talk.answer("200 OK", "{\"id\":\"file-1\"}");
            }
        });
        assertThat(ask("POST", "/v1/files", "{}").body()).isEqualTo("{\"id\":\"file-1\"}");
    }

    @Test
    void heads_and_answers_without_a_body_end() throws Exception {
        start((number, talk) -> talk.send(
                talk.request().startsWith("HEAD")
                        ? "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"
                        : "HTTP/1.1 204 No Content\r\n\r\n"));
        HttpResponse<String> head = ask("HEAD", "/v1/files/file-1/content", "");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("content-length")).contains("1000");
        assertThat(ask("DELETE", "/v1/files/file-1", "").statusCode()).isEqualTo(204);
    }

    @Test
    void a_file_comes_whole_with_its_length_and_a_cut_one_is_never_whole() throws Exception {
        byte[] file = new byte[3 * 1024 * 1024];
        new java.util.SplittableRandom(5).nextBytes(file);
        start((number, talk) -> {
            talk.send("HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: " + file.length
                    + "\r\n\r\n");
            if (number == 1) {
                talk.send(file);
            } else {
                talk.send(java.util.Arrays.copyOf(file, 100_000)).close();
            }
        });
        URI url = URI.create(gateway.url() + "/v1/files/file-1/content");
        HttpResponse<byte[]> got = http.send(HttpRequest.newBuilder(url).build(), BodyHandlers.ofByteArray());
        assertThat(got.body()).isEqualTo(file);
        assertThat(got.headers().firstValue("content-length")).contains("" + file.length);
        org.assertj.core.api.Assertions.assertThatThrownBy(
                        () -> http.send(HttpRequest.newBuilder(url).build(), BodyHandlers.ofByteArray()))
                .isInstanceOf(java.io.IOException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/../admin",
        "/v1/a/../../admin",
        "/v1/%2e%2E/admin",
        "/v1/a%2f..%2fadmin/..",
        "/v1//evil",
        "/v1/.",
        "/v1/..;/admin"
    })
    void a_path_that_leads_out_of_the_api_is_refused(String path) throws Exception {
        start((number, talk) -> talk.answer("200 OK", "{}"));
        try (Socket socket = new Socket("127.0.0.1", gateway.address().getPort())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            assertThat(Rig.readUntil(socket, "\"attempts\":0}}")).contains("HTTP/1.1 400", "bad_uri");
        }
        assertThat(api.requests()).isEmpty();
    }

    @Test
    void a_packed_request_passes_untouched_where_its_model_is_not_needed() throws Exception {
        start((number, talk) -> talk.chat("fine"));
        byte[] packed = packed("{\"model\":\"m\",\"messages\":[]}");
        HttpResponse<String> got = ask("POST", "/v1/chat/completions", packed, "Content-Encoding", "gzip");
        assertThat(got.body()).contains("fine");
        assertThat(api.requests().get(0).toLowerCase(java.util.Locale.ROOT)).contains("content-encoding: gzip");
    }

    @Test
    void a_packed_request_is_refused_where_its_model_tells_the_way() throws Exception {
        startWithRoutes((number, talk) -> talk.chat("fine"));
        HttpResponse<String> got = ask(
                "POST",
                "/v1/chat/completions",
                packed("{\"model\":\"zebra\",\"messages\":[]}"),
                "Content-Encoding",
                "gzip");
        assertThat(got.statusCode()).isEqualTo(415);
        assertThat(got.body()).contains("packed_body", "without Content-Encoding");
    }

    private static byte[] packed(String text) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }

    @Test
    void a_route_tells_the_model_and_the_way_of_other_paths_too() throws Exception {
        startWithRoutes((number, talk) -> talk.answer("200 OK", "{\"results\":[]}"));
        assertThat(ask("POST", "/v1/rerank", "{\"model\":\"fast/model\",\"query\":\"q\"}")
                        .body())
                .isEqualTo("{\"results\":[]}");
        assertThat(api.requests().get(0)).contains("{\"model\":\"real\",\"query\":\"q\"}");
        assertThat(ask("GET", "/v1/responses/resp_1", "").statusCode()).isEqualTo(200);
        assertThat(ask("GET", "/v1/models/fast%2Fmodel", "").body()).contains("\"id\":\"fast/model\"");
        assertThat(ask("GET", "/v1/models", "").body()).contains("zebra", "fast/model");
        assertThat(api.requests()).hasSize(2);
    }

    @Test
    void a_stored_response_is_found_where_it_was_made() throws Exception {
        try (RawServer other = RawServer.start((number, talk) ->
                talk.answer("404 Not Found", "{\"error\":{\"message\":\"Response with id 'resp_1' not found.\"}}"))) {
            api = RawServer.start((number, talk) -> talk.answer("200 OK", "{\"id\":\"resp_1\"}"));
            Path key = Files.writeString(folder.resolve("key"), "secret");
            Path file = Files.writeString(
                    folder.resolve("backstay.yaml"),
                    "listen: 127.0.0.1:0\nproviders:\n  a: {url: \"" + other.baseUrl() + "\", api-key-file: " + key
                            + "}\n  b: {url: \"" + api.baseUrl() + "\", api-key-file: " + key
                            + "}\nroutes:\n  one: {targets: [{provider: a}]}\n  two: {targets: [{provider: b}]}\n");
            gateway = Gateway.start(GatewayConfig.read(file, name -> null));
            assertThat(ask("GET", "/v1/responses/resp_1", "").body()).isEqualTo("{\"id\":\"resp_1\"}");
            assertThat(ask("GET", "/v1/files/file-1", "").statusCode()).isEqualTo(404);
            assertThat(other.requests()).hasSize(2);
            assertThat(api.requests()).hasSize(1);
        }
    }

    @Test
    void a_redirection_says_that_the_url_is_wrong() throws Exception {
        start((number, talk) -> talk.answer(
                "308 Permanent Redirect", "", "Location: https://user:pass@api.example.com/v2/chat?sig=s3cret"));
        HttpResponse<String> got = ask("POST", "/v1/chat/completions", Rig.chat(3, false));
        assertThat(got.statusCode()).isEqualTo(502);
        assertThat(got.body())
                .contains("the URL of the API is wrong: it leads to https://api.example.com/v2/chat")
                .doesNotContain("s3cret", "pass@");
        assertThat(api.requests()).hasSize(1);
    }
}
