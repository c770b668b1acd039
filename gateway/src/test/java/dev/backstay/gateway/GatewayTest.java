package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.core.Gate;
import dev.backstay.core.TargetState;
import dev.backstay.simulator.Bodies;
import dev.backstay.simulator.Script;
import dev.backstay.simulator.Story;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The gateway as callers meet it, in front of a simulated provider, over real sockets. */
@Timeout(120)
@ExtendWith(NoBufferLeaks.class)
@Execution(ExecutionMode.CONCURRENT)
class GatewayTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHAT = "/v1/chat/completions";

    /** A fault may outlast the tries of a call, and it may have passed before a busy machine asks; then it is played again. */
    private static final int PLAYS = 8;

    @Test
    void an_answer_comes_through_whole_and_says_what_it_took() throws Exception {
        try (Rig rig = Rig.with("then: healthy")) {
            HttpResponse<String> answer = rig.post(CHAT, Rig.chat(50, false));
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(JSON.readTree(answer.body())
                            .at("/choices/0/message/content")
                            .asText())
                    .isEqualTo(Bodies.text(50));
            assertThat(answer.headers().firstValue("backstay-attempts")).contains("1");
            assertThat(answer.headers().firstValue("backstay-call-id")).isPresent();
            assertThat(answer.headers().firstValue("backstay-workload"))
                    .contains("interactive (inferred: no tools, short prompt)");
            assertThat(answer.headers().firstValue("fireworks-prompt-tokens")).isPresent();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/v1/chat/completions", "/inference/v1/chat/completions", "/v1/completions", "/v1/embeddings"})
    void serves(String path) throws Exception {
        try (Rig rig = Rig.with("then: healthy")) {
            assertThat(rig.post(path, Rig.chat(5, false)).statusCode()).isEqualTo(200);
            assertThat(rig.get("/inference/v1/models").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void a_stream_comes_through_event_by_event() throws Exception {
        try (Rig rig = Rig.with("then: healthy")) {
            HttpResponse<String> answer = rig.post(CHAT, Rig.chat(40, true));
            assertThat(content(answer.body())).isEqualTo(Bodies.text(40));
            assertThat(answer.body()).endsWith("data: [DONE]\n\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"503", "reset", "html-502", "error-event", "no-done", "cut", "malformed", "refuse"})
    void a_fault_that_passes_is_not_the_callers_business(String fault) throws Exception {
        int attempts = 1;
        int millis = 400;
        for (int play = 0; attempts == 1 && play < PLAYS; play++) {
            long begun = System.nanoTime();
            try (Rig rig = Rig.with("until " + millis + "ms: fail 100% with " + fault, "then: healthy")) {
                HttpResponse<String> answer = rig.post(CHAT, Rig.chat(20, false));
                long now = System.nanoTime();
                if (answer.statusCode() != 200) {
                    continue; // a call's tries may be spent before the fault has passed
                }
                assertThat(JSON.readTree(answer.body())
                                .at("/choices/0/message/content")
                                .asText())
                        .isEqualTo(Bodies.text(20));
                attempts = Integer.parseInt(
                        answer.headers().firstValue("backstay-attempts").orElseThrow());
                assertThat(attempts > 1 || now - begun > millis * 1_000_000L)
                        .as("one attempt is enough only where the machine is so busy that the fault had passed")
                        .isTrue();
                millis *= 2;
            }
        }
        assertThat(attempts).isGreaterThan(1);
    }

    @Test
    void flaky_is_invisible_to_callers_who_do_not_stream() throws Exception {
        Script flaky = Rig.QUICK.with(Story.of("then: fail 5% with 503, 1% with reset, 1% with cut, 1% with no-done,"
                + " 1% with malformed, 1% with error-event, 3% with html-502, 3% with refuse"));
        try (Rig rig = new Rig(flaky, false, false)) {
            List<CompletableFuture<String>> answers = IntStream.range(0, 60)
                    .mapToObj(i -> CompletableFuture.supplyAsync(() -> content(rig)))
                    .toList();
            for (CompletableFuture<String> answer : answers) {
                assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo(Bodies.text(12));
            }
            assertQuiet(rig);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "cut, stream_cut",
        "no-done, stream_truncated",
        "malformed, malformed_answer",
        "error-event, server_error"
    })
    void a_stream_that_breaks_after_its_start_ends_visibly(String fault, String code) throws Exception {
        try (Rig rig = Rig.with("then: fail 100% with " + fault)) {
            String seen = "";
            for (int i = 0; i < 20 && !seen.contains("\"content\""); i++) {
                try (Socket again = rig.connect()) {
                    Rig.send(again, CHAT, Rig.chat(400, true));
                    seen = Rig.readAll(again);
                }
            }
            assertThat(seen)
                    .contains("HTTP/1.1 200", "\"content\"", "\"code\":\"" + code + "\"", "\"phase\":\"streaming\"");
            assertThat(seen).doesNotContain("[DONE]").doesNotEndWith("0\r\n\r\n");
            String delivered = content(seen);
            assertThat(Bodies.text(400)).startsWith(delivered);
        }
    }

    @Test
    void a_refusal_that_is_final_comes_through_byte_for_byte() throws Exception {
        Script one = Script.HEALTHY.withSpeed(20, 0.5, 2).with(List.of("known"));
        try (Rig rig = new Rig(one, false, false)) {
            HttpResponse<String> answer = rig.post(CHAT, Rig.chat(5, false));
            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(answer.body())
                    .isEqualTo(
                            "{\"error\":{\"message\":\"Model not found, inaccessible, and/or not deployed\","
                                    + "\"param\":null,\"code\":\"NOT_FOUND\",\"type\":\"error\"},\"request_id\":\"simulated\"}");
            assertThat(answer.headers().firstValue("backstay-attempts")).contains("1");
            assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
        }
    }

    @Test
    void a_failure_names_its_phase_and_whether_the_provider_saw_it() throws Exception {
        try (Rig rig = Rig.with("then: fail 100% with 500")) {
            HttpResponse<String> answer = rig.post(CHAT, Rig.chat(5, false));
            JsonNode error = JSON.readTree(answer.body()).path("error");
            assertThat(answer.statusCode()).isEqualTo(500);
            assertThat(error.path("code").asText()).isEqualTo("server_error");
            assertThat(error.path("phase").asText()).isEqualTo("awaiting");
            assertThat(error.path("acknowledged").asText()).isEqualTo("yes");
            assertThat(error.path("attempts").asInt()).isEqualTo(3);
            assertThat(error.path("message").asText())
                    .contains("simulated error 500")
                    .contains("report it with the request id");
            assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
        }
    }

    @Test
    void a_provider_that_is_not_there_never_saw_anything() throws Exception {
        try (Rig rig = Rig.with("then: healthy")) {
            rig.simulator.close();
            HttpResponse<String> answer = rig.post(CHAT, Rig.chat(5, false), "Backstay-Timeout", "2s");
            JsonNode error = JSON.readTree(answer.body()).path("error");
            assertThat(answer.statusCode()).isEqualTo(502);
            assertThat(error.path("phase").asText()).isEqualTo("connecting");
            assertThat(error.path("acknowledged").asText()).isEqualTo("no");
        }
    }

    @Test
    void silence_ends_at_the_deadline() throws Exception {
        try (Rig rig = Rig.with("then: silence")) {
            long start = System.nanoTime();
            HttpResponse<String> answer = rig.post(CHAT, Rig.chat(5, true), "Backstay-Timeout", "1s");
            assertThat((System.nanoTime() - start) / 1e9).isBetween(0.99, 4.0);
            assertThat(answer.statusCode()).isEqualTo(504);
            assertThat(JSON.readTree(answer.body()).at("/error/code").asText()).isEqualTo("deadline_exceeded");
        }
    }

    @Test
    void tls_is_verified_and_its_failure_is_its_own_phase() throws Exception {
        try (Rig trusting = new Rig(Rig.QUICK, true, true)) {
            assertThat(trusting.post(CHAT, Rig.chat(5, true)).statusCode()).isEqualTo(200);
        }
        try (Rig distrusting = new Rig(Rig.QUICK, true, false)) {
            HttpResponse<String> answer = distrusting.post(CHAT, Rig.chat(5, false));
            JsonNode error = JSON.readTree(answer.body()).path("error");
            assertThat(answer.statusCode()).isEqualTo(502);
            assertThat(error.path("code").asText()).isEqualTo("certificate_refused");
            assertThat(error.path("attempts").asInt()).isEqualTo(2);
            assertThat(error.path("phase").asText()).isEqualTo("securing");
            assertThat(error.path("acknowledged").asText()).isEqualTo("no");
        }
        Script broken = Rig.QUICK.with(Story.of("until 1500ms: fail 100% with tls", "then: healthy"));
        try (Rig rig = new Rig(broken, true, true)) {
            assertThat(rig.post(CHAT, Rig.chat(5, false)).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void a_caller_who_leaves_ends_what_runs_for_it_within_100_ms() throws Exception {
        try (Rig rig = Rig.with("then: healthy")) {
            assertThat(medianMillis(() -> {
                        Socket socket = rig.connect();
                        Rig.send(socket, CHAT, Rig.chat(100_000, true));
                        Rig.readUntil(socket, "\"content\"");
                        assertThat(rig.simulator.active()).isEqualTo(1);
                        return millisFromLeaving(socket, rig);
                    }))
                    .isLessThan(100);
            assertQuiet(rig);
        }
    }

    @Test
    void a_caller_who_leaves_ends_a_wait_too() throws Exception {
        try (Rig rig = Rig.with("then: fail 100% with retry-after")) {
            assertThat(medianMillis(() -> {
                        Socket socket = rig.connect();
                        Rig.send(socket, CHAT, Rig.chat(5, true));
                        await(() -> rig.gateway.running() == 1 && rig.simulator.active() == 0);
                        return millisFromLeaving(socket, rig);
                    }))
                    .isLessThan(100);
        }
    }

    @Test
    void many_calls_leave_no_timers() throws Exception {
        try (Rig rig = Rig.with("then: healthy")) {
            for (int i = 0; i < 100; i++) {
                assertThat(rig.post(CHAT, Rig.chat(1, i % 2 == 0)).statusCode()).isEqualTo(200);
            }
            assertThat(LoopTimers.count(rig.gateway))
                    .as("one for a loop's pool, one for a caller's connection")
                    .isLessThan(8);
        }
    }

    @Test
    void requests_on_one_connection_are_answered_in_order() throws Exception {
        try (Rig rig = Rig.with("then: healthy");
                Socket socket = rig.connect()) {
            Rig.send(socket, CHAT, Rig.chat(3, false));
            Rig.send(socket, "/nowhere", "{}");
            Rig.send(socket, CHAT, Rig.chat(4, false));
            String all = Rig.readUntil(socket, "\"completion_tokens\":4");
            assertThat(all.indexOf("\"completion_tokens\":3"))
                    .isPositive()
                    .isLessThan(all.indexOf("unknown_path"))
                    .isLessThan(all.indexOf("\"completion_tokens\":4"));
        }
    }

    @Test
    void draining_lets_running_streams_end_and_takes_no_new_calls() throws Exception {
        try (Rig rig = Rig.with("then: healthy");
                Socket streaming = rig.connect();
                Socket idle = rig.connect()) {
            Rig.send(streaming, CHAT, Rig.chat(300, true));
            Rig.readUntil(streaming, "\"content\"");
            Rig.send(idle, CHAT, Rig.chat(3, false));
            Rig.readUntil(idle, "\"completion_tokens\":3");
            CompletableFuture<Boolean> drained = CompletableFuture.supplyAsync(() -> drain(rig.gateway));
            await(() -> rig.gateway.isDraining());
            Rig.send(idle, CHAT, Rig.chat(3, false));
            assertThat(Rig.readAll(idle)).contains("HTTP/1.1 503", "connection: close", "shutting down");
            assertThat(drained.get(30, TimeUnit.SECONDS)).isTrue();
            assertThat(Rig.readAll(streaming)).contains("[DONE]").endsWith("0\r\n\r\n");
        }
    }

    @Test
    void metrics_and_health_are_there() throws Exception {
        try (Rig rig = Rig.with("until 3s: fail 100% with 503", "then: healthy")) {
            rig.post(CHAT, Rig.chat(3, false));
            String metrics = rig.get("/metrics").body();
            assertThat(metrics)
                    .contains("backstay_calls_seconds_count{outcome=\"succeeded\",workload=\"interactive\"} 1")
                    .contains("outcome=\"overloaded\",phase=\"awaiting\"")
                    .contains("backstay_waits_total{why=\"backoff\"}")
                    .doesNotContain("secret-key");
            assertThat(rig.get("/health/live").statusCode()).isEqualTo(200);
            assertThat(rig.get("/health/ready").body()).isEqualTo("ready\n");
        }
    }

    private static String content(Rig rig) {
        try {
            HttpResponse<String> answer = rig.post(CHAT, Rig.chat(12, false));
            return JSON.readTree(answer.body()).at("/choices/0/message/content").asText(answer.body());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** The text of a stream's chunks, whatever stands around them. */
    private static String content(String stream) {
        StringBuilder content = new StringBuilder();
        for (String line : stream.split("\n")) {
            if (line.startsWith("data: {\"id\"")) {
                try {
                    content.append(JSON.readTree(line.substring(6))
                            .at("/choices/0/delta/content")
                            .asText(""));
                } catch (Exception notJson) {
                    throw new AssertionError("not JSON: " + line, notJson);
                }
            }
        }
        return content.toString();
    }

    /** Nothing is left of the calls that were made. */
    private static void assertQuiet(Rig rig) throws Exception {
        await(() -> rig.gateway.running() == 0 && rig.simulator.active() == 0);
        for (TargetState target : rig.gateway.engine().targets().values()) {
            assertThat(target.gate().inFlight()).isZero();
            assertThat(target.gate().parked()).isZero();
            assertThat(target.gate().state()).isNotEqualTo(Gate.State.SHUT);
        }
    }

    private static boolean drain(Gateway gateway) {
        try {
            return gateway.drain(Duration.ofSeconds(20));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static double millisFromLeaving(Socket socket, Rig rig) throws Exception {
        socket.close();
        long left = System.nanoTime();
        await(() -> rig.gateway.running() == 0 && rig.simulator.active() == 0);
        return (System.nanoTime() - left) / 1e6;
    }

    /** The median of five, because a machine may be busy at one moment. */
    private static double medianMillis(Callable<Double> measured) throws Exception {
        double[] millis = new double[5];
        for (int i = 0; i < millis.length; i++) {
            millis[i] = measured.call();
        }
        Arrays.sort(millis);
        return millis[millis.length / 2];
    }

    @FunctionalInterface
    private interface Check {
        boolean holds() throws Exception;
    }

    private static void await(Check check) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!check.holds()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            LockSupport.parkNanos(1_000_000);
        }
    }
}
