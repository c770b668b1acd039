package dev.backstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.gateway.Gateway;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.ledger.CallRecord;
import dev.backstay.ledger.Ledger;
import dev.backstay.ledger.Moment;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Whose fault it was, as people ask for it: over a real gateway, and APIs that fail. */
class DiagnosisCommandsTest {

    private static final int SCREEN_LINES = 50;
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private record Ran(int code, String out, String err) {}

    private static Ran run(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = Main.commandLine(args);
        command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return new Ran(command.execute(args), out.toString(), err.toString());
    }

    private Path ledger() {
        return folder.resolve("ledger.db");
    }

    private String idOfACall(RawServer api) throws Exception {
        Path settings = Files.writeString(
                folder.resolve("backstay.yaml"),
                "listen: 127.0.0.1:0\nledger: ledger.db\nupstream: {url: \"" + api.baseUrl()
                        + "\"}\ntimeouts: {first-token: 10s, answer: 10s, idle: 300ms, total: 30s}\n");
        try (Gateway gateway = Gateway.start(GatewayConfig.read(settings, name -> null))) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/chat/completions"))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"))
                    .build();
            HttpResponse<InputStream> answer =
                    HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = answer.body()) {
                body.transferTo(OutputStream.nullOutputStream());
            } catch (IOException broken) {
                // as it should be: what is not whole does not end well
            }
            return answer.headers().firstValue("Backstay-Call-Id").orElseThrow();
        }
    }

    @Test
    void a_call_that_failed_is_explained_with_every_attempt_every_wait_and_why() throws Exception {
        try (RawServer api = RawServer.start((number, talk) -> {
            if (number == 1) {
                talk.answer("503 no", "{\"error\":{\"message\":\"no capacity\"}}", "x-request-id: theirs-1");
            } else {
                talk.beginStream().token("half").silence();
            }
        })) {
            String id = idOfACall(api);
            Ran told = run("explain", id, "--ledger", ledger().toString());
            assertThat(told.err()).isEmpty();
            assertThat(told.code()).isZero();
            assertThat(told.out().lines().count()).isLessThan(SCREEN_LINES);
            assertThat(told.out())
                    .contains(id, "attempts: 2", "FAILED  stream_stalled while streaming, acknowledged: yes")
                    .contains("attempt 1", "overloaded while awaiting, HTTP 503", "no capacity", "[theirs-1]")
                    .contains("wait ", "backoff: a pause between two tries")
                    .contains("attempt 2", "sending", "awaiting", "streaming ")
                    .contains("gave up: part of the answer has been delivered");
            JsonNode json = JSON.readTree(run("explain", id, "--ledger", ledger().toString(), "--json")
                    .out());
            assertThat(json.path("attempts").asInt()).isEqualTo(2);
            assertThat(json.path("life")).hasSizeGreaterThan(8);
        }
    }

    @Test
    void what_cannot_be_explained_is_said_in_a_line() throws Exception {
        Ran none = run("explain", "call-1", "--ledger", ledger().toString());
        assertThat(none.code()).isEqualTo(1);
        assertThat(none.err()).contains("there is no ledger in " + ledger()).hasLineCount(1);
        Path foreign = Files.writeString(folder.resolve("notes.txt"), "these are notes\n".repeat(99));
        Ran wrong = run("explain", "call-1", "--ledger", foreign.toString());
        assertThat(wrong.code()).isEqualTo(1);
        assertThat(wrong.err())
                .contains("the ledger cannot be opened", "not a database")
                .hasLineCount(1);
        assertThat(foreign).hasContent("these are notes\n".repeat(99));
        try (RawServer api = RawServer.start((number, talk) -> talk.answer("400 no", "{}"))) {
            idOfACall(api);
        }
        Ran unknown = run("explain", "call-1", "--ledger", ledger().toString());
        assertThat(unknown.code()).isEqualTo(1);
        assertThat(unknown.err()).contains("has no call 'call-1'").hasLineCount(1);
    }

    @Test
    void a_call_of_sixty_attempts_fits_on_a_screen() {
        List<Moment> life = new ArrayList<>();
        for (int i = 1; i <= 60; i++) {
            life.add(new Moment(i * 1_000_000L, 500_000, "attempt", i, "api.test/m"));
            life.add(new Moment(i * 1_000_000L, 500_000, "awaiting", i, ""));
            life.add(new Moment(i * 1_000_000L + 500_000, 0, "failed", i, "rate_limited while awaiting, HTTP 429"));
            life.add(new Moment(i * 1_000_000L + 500_000, 500_000, "wait", 0, "backoff: a pause"));
        }
        life.add(new Moment(61_000_000, 0, "end", 0, "gave up: the deadline came"));
        String story = CallStory.of(new CallRecord(
                "call-1",
                "one",
                0,
                61_000,
                -1,
                "chat",
                "interactive",
                "default",
                "api.test",
                "m",
                true,
                60,
                "rate_limited",
                "awaiting",
                "yes",
                429,
                "deadline",
                false,
                "rate_limited while awaiting",
                "",
                0,
                0,
                0,
                life));
        assertThat(story.lines().count()).isLessThan(SCREEN_LINES);
        assertThat(story)
                .contains("attempt 4 ", "… 52 more attempts: 52 × rate_limited; waits between them: 26.", "attempt 57 ")
                .contains("attempt 60 ", "gave up: the deadline came")
                .doesNotContain("attempt 5 ", "attempt 56 ");
    }

    @Test
    void the_doctor_examines_what_the_settings_name_and_its_exit_code_says_how_it_went() throws Exception {
        int nobody;
        try (ServerSocket free = new ServerSocket(0)) {
            nobody = free.getLocalPort();
        }
        try (RawServer api = RawServer.start((number, talk) -> {
            if (talk.request().startsWith("GET")) {
                talk.answer("200 OK", "{\"data\":[{\"id\":\"x\"}]}");
            } else {
                talk.beginStream().token("hello").done().close();
            }
        })) {
            Path settings = Files.writeString(
                    folder.resolve("backstay.yaml"),
                    "providers:\n  good: {url: \"" + api.baseUrl() + "\"}\n  gone: {url: \"http://127.0.0.1:" + nobody
                            + "/v1\"}\nroutes:\n  chat:\n    targets: [{provider: good, model: x}]\n");
            Ran both = run("doctor", "--config", settings.toString());
            assertThat(both.code()).isEqualTo(1);
            assertThat(both.out())
                    .contains("good  " + api.baseUrl(), "✓ completion  first token after")
                    .contains("✗ addresses   none of 1 takes a connection", "→ nothing listens there");
            Ran one = run("doctor", "--config", settings.toString(), "--target", "chat", "--json");
            assertThat(one.code()).as(one.out() + one.err()).isZero();
            JsonNode json = JSON.readTree(one.out());
            assertThat(json.path("good").get(0).path("verdict").asText()).isEqualTo("PASS");
            assertThat(json.has("gone")).isFalse();
            Ran unknown = run("doctor", "--config", settings.toString(), "--target", "nothing");
            assertThat(unknown.code()).isEqualTo(1);
            assertThat(unknown.err()).contains("there is no route or provider 'nothing'; there is chat, gone, good");
        }
    }

    private Ran follow(String status, String exposition) throws Exception {
        Files.writeString(folder.resolve("key"), "fw_key");
        Path ledger = Files.createTempDirectory(folder, "followed").resolve("ledger.db");
        try (Ledger known = Ledger.open(ledger.toString())) {
            assertThat(known.calls().count()).isZero();
        }
        try (RawServer api = RawServer.start((number, talk) -> talk.answer(status, exposition))) {
            return run(
                    "reconcile",
                    "--ledger",
                    ledger.toString(),
                    "--deployment",
                    "chat",
                    "--follow",
                    "1s",
                    "--account",
                    "demo",
                    "--api-key-file",
                    folder.resolve("key").toString(),
                    "--base-url",
                    api.baseUrl().replace("/v1", ""));
        }
    }

    @Test
    void what_the_provider_counts_may_be_garbage_half_or_nothing() throws Exception {
        String good = "request_counter_total:sum_by_deployment{deployment_id=\"chat\"} 1.5\n";
        assertThat(follow("200 OK", good).out()).contains("(1 readings)");
        for (String garbage : List.of(
                "", "<html>Bad gateway</html>\n", "\u0000\u0001{{{", good.strip(), good.replace("chat", "other"))) {
            Ran said = follow("200 OK", garbage);
            assertThat(said.code()).as(garbage).isEqualTo(1);
            assertThat(said.err())
                    .contains("the exported metrics do not know the deployment 'chat'")
                    .hasLineCount(1);
        }
        Ran half = follow("200 OK", good + good.substring(0, 40));
        assertThat(half.err()).isEmpty();
        assertThat(half.out()).contains("(1 readings)");
    }

    @Test
    void a_metrics_endpoint_that_turns_us_away_is_said_in_a_line() throws Exception {
        Ran refused = follow("403 Forbidden", "{\"error\":\"no\"}");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("read the exported metrics", "403").hasLineCount(1);
        Ran limited = follow("429 Too Many Requests", "{\"error\":\"slow down\"}");
        assertThat(limited.code()).isEqualTo(1);
        assertThat(limited.err().lines().reduce("", (before, line) -> line))
                .contains("read the exported metrics", "429", "slow down");
        assertThat(limited.err()).doesNotContain("Exception", "\tat ");
    }
}
