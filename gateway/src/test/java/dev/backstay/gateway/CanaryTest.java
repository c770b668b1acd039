package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.gateway.keys.CallerKey;
import dev.backstay.gateway.keys.KeyFile;
import dev.backstay.gateway.keys.KeyLimits;
import dev.backstay.testkit.Chats;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Secrets that are planted everywhere come out nowhere but where they belong. */
@ExtendWith(NoBufferLeaks.class)
class CanaryTest {

    private static final String OURS = "fw_canary-of-ours-4711";
    private static final String PROMPT = "canary-in-a-prompt-4712";
    private static final String HEADER = "canary-in-a-header-4713";
    private static final String PROXY = "canary-of-a-proxy-4714";

    @TempDir
    private Path folder;

    @Test
    void no_secret_is_in_a_log_a_metric_an_error_or_a_file() throws Exception {
        CallerKey.Made made = CallerKey.make("canary", KeyLimits.NONE, Instant.EPOCH, new SecureRandom());
        KeyFile.write(folder.resolve("keys.yaml"), List.of(made.key()));
        Path secret = Files.writeString(folder.resolve("api-key"), OURS);
        List<String> came = new ArrayList<>();
        ListAppender<ILoggingEvent> logs = new ListAppender<>();
        logs.start();
        Logger root = NoBufferLeaks.logger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(logs);
        try (RawServer api = RawServer.start(CanaryTest::play);
                Gateway gateway = Gateway.start(GatewayConfig.read(settings(api, secret), name -> null))) {
            for (int fault = 0; fault < 8; fault++) {
                came.add(ask(gateway, made.token(), fault));
                came.add(ask(gateway, made.token() + "x", fault));
            }
            came.add(send(gateway, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
            came.add(send(gateway, "GET /health/targets HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
            came.add(page(gateway, "/api/events"));
            came.add(page(gateway, "/api/calls?most=100"));
            came.add(gateway.toString());
            gateway.reload(() -> {
                throw new IOException("cannot be read");
            });
            assertThat(api.requests())
                    .as("they are where they belong")
                    .anySatisfy(request ->
                            assertThat(request).contains(OURS, PROMPT, HEADER).doesNotContain(made.token()));
        } finally {
            root.detachAppender(logs);
        }
        logs.list.forEach(event -> came.add(event.getFormattedMessage() + event.getThrowableProxy()));
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(each -> !each.equals(secret) && !each.endsWith("backstay.yaml"))
                    .toList()) {
                came.add(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        assertThat(came)
                .hasSizeGreaterThan(20)
                .anyMatch(text -> text.contains("\"outcome\":\"ok\""))
                .anyMatch(text -> text.startsWith("data: {") && text.contains("\"causes\":[{"))
                .anyMatch(text -> text.startsWith("SQLite format 3") && text.contains("first_token_timeout"));
        String half = made.token().substring(made.token().lastIndexOf('_') + 1);
        assertThat(came)
                .noneMatch(text -> text.contains(OURS)
                        || text.contains(PROMPT)
                        || text.contains(HEADER)
                        || text.contains(PROXY)
                        || text.contains(half));
    }

    private Path settings(RawServer api, Path secret) throws IOException {
        return Files.writeString(
                folder.resolve("backstay.yaml"),
                "listen: 127.0.0.1:0\nkeys: keys.yaml\naccess-log: access.jsonl\nledger: ledger.db\nadmin: {listen: \"127.0.0.1:0\"}\nproviders:\n  a: {url: \""
                        + api.baseUrl()
                        + "\", api-key-file: \"" + secret
                        + "\"}\n  b: {url: \"http://127.0.0.1:9/v1\", proxy: \"http://me:" + PROXY
                        + "@127.0.0.1:9\"}\nroutes:\n  m:\n    targets: [{provider: a, model: x}, {provider: b, model: x}]\n"
                        + "    timeouts: {connect: 200ms, first-token: 200ms, answer: 200ms, idle: 200ms, total: 2s}\n");
    }

    /** Fails in the way that the request asks for. */
    private static void play(int number, RawServer.Talk talk) throws Exception {
        switch (talk.request().replaceAll("(?s).*fault (\\d).*", "$1")) {
            case "0" -> talk.answer("200 OK", Chats.chat("fine", "stop"));
            case "1" -> talk.answer("400 Bad Request", "{\"error\":{\"message\":\"no\"}}");
            case "2" -> talk.answer("500 Internal Server Error", "oops");
            case "3" -> talk.send("not HTTP\r\n\r\n");
            case "4" -> talk.silence();
            case "5" -> talk.answer("401 Unauthorized", "{\"error\":{\"message\":\"wrong key\"}}");
            case "6" -> talk.answer("200 OK", "{\"choices\":[");
            default -> talk.reset();
        }
    }

    private static String ask(Gateway gateway, String key, int fault) throws IOException {
        String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + PROMPT + " fault " + fault
                + "\"}]}";
        return send(
                gateway,
                "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Mine: " + HEADER
                        + "\r\nAuthorization: Bearer " + key + "\r\nContent-Length: " + body.length() + "\r\n\r\n"
                        + body);
    }

    /** The first line of what a browser gets. */
    private static String page(Gateway gateway, String path) throws Exception {
        String url = "http://127.0.0.1:" + gateway.admin().orElseThrow().getPort() + path;
        HttpResponse<Stream<String>> answer = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofLines());
        try (Stream<String> lines = answer.body()) {
            return lines.findFirst().orElseThrow();
        }
    }

    private static String send(Gateway gateway, String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", gateway.address().getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return Rig.readAll(socket);
        }
    }
}
