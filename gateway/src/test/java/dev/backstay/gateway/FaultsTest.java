package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.core.TargetState;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.testkit.Chats;
import dev.backstay.testkit.FaultCase;
import dev.backstay.testkit.FaultCases;
import dev.backstay.testkit.Hiccups;
import dev.backstay.testkit.NameServer;
import dev.backstay.testkit.Place;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of faults in docs/guides/gateway.md, row by row, over real sockets. */
@ExtendWith(NoBufferLeaks.class)
@Execution(ExecutionMode.CONCURRENT)
class FaultsTest {

    private static final Path GUIDE = Path.of("../docs/guides/gateway.md");
    private static final String WHOLE_TEXT = "the whole answer";

    /** One for the idle connections to each API on each loop. */
    private static final int POOL_TIMERS = 3 * Runtime.getRuntime().availableProcessors();

    /** A busy machine may hold up a play, and not each of them. */
    private static final int PLAYS = 5;

    /** A play in which it stood still for so long, a good part of a pause in it, proves nothing. */
    private static final long STILL_MILLIS = 20;

    private static final long ROOM_MILLIS = 500;

    private static final Place NOWHERE = new Place("", List.of());
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    static Stream<FaultCase> faults() {
        return FaultCases.all().stream();
    }

    @ParameterizedTest
    @MethodSource("faults")
    void what_the_caller_gets(FaultCase fault) throws Exception {
        for (int plays = 1; ; plays++) {
            try (Hiccups hiccups = Hiccups.watch()) {
                try {
                    assertThat(play(fault)).isLessThan(fault.withinMillis() + ROOM_MILLIS);
                    return;
                } catch (AssertionError failed) {
                    if (plays == PLAYS || hiccups.longestMillis() < STILL_MILLIS) {
                        throw failed;
                    }
                }
            }
        }
    }

    /** Plays it once, and says how many milliseconds it took. */
    private long play(FaultCase fault) throws Exception {
        List<String> asked = new ArrayList<>();
        AtomicBoolean healed = new AtomicBoolean();
        try (RawServer a = RawServer.start((number, talk) -> {
                    if (healed.get()) {
                        healthy(talk);
                    } else {
                        asked.add("A");
                        fault.first().play(number, talk);
                    }
                });
                RawServer b = RawServer.start((number, talk) -> {
                    asked.add("B");
                    healthy(talk);
                });
                RawServer longer = RawServer.start((number, talk) -> {
                    asked.add("L");
                    healthy(talk);
                });
                Place away = fault.place().orElse(() -> NOWHERE).make();
                NameServer names = new NameServer(Map.of());
                Gateway gateway = Gateway.start(
                        GatewayConfig.read(settings(a, b, longer, away), name -> null),
                        Optional.empty(),
                        names.provider())) {
            ask(gateway, FaultCase.Kind.JSON, "warm"); // classes and code are not what is measured
            asked.clear();
            long begun = System.nanoTime();
            String got = ask(gateway, fault.kind(), "m");
            long tookMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
            check(fault, got);
            if (fault.place().isPresent()) {
                assertThat(asked).as(got).containsExactly("B");
                assertThat(got)
                        .containsIgnoringCase(
                                "Backstay-Attempts: " + fault.attempts().size());
            } else {
                assertThat(asked).as(got).isEqualTo(fault.attempts());
            }
            healed.set(true);
            assertThat(ask(gateway, FaultCase.Kind.JSON, "m"))
                    .as("the next call")
                    .startsWith("HTTP/1.1 200");
            assertNothingLeaks(gateway);
            return tookMillis;
        }
    }

    private Path settings(RawServer a, RawServer b, RawServer longer, Place away) throws IOException {
        Map<String, String> urls =
                Map.of("a", away.url().isEmpty() ? a.baseUrl() : away.url(), "b", b.baseUrl(), "l", longer.baseUrl());
        String yaml = "listen: 127.0.0.1:0\nproviders:\n";
        for (Map.Entry<String, String> each : urls.entrySet()) {
            yaml += "  " + each.getKey() + ": {url: \"" + each.getValue() + "\", provider: openai}\n";
        }
        String targets =
                "    targets: [{provider: a, model: x, prefill: true}, {provider: b, model: x, prefill: true}]\n"
                        + "    longer: [{provider: l, model: y}]\n"
                        + "    timeouts: {connect: 500ms, write: 500ms, first-token: 500ms, answer: 500ms, idle: 500ms, total: 10s}\n";
        yaml += "routes:\n  m:\n" + targets + "  warm: {targets: [{provider: l, model: warm}]}\n";
        return Files.writeString(folder.resolve("backstay.yaml"), yaml);
    }

    /** A good answer, or the rest of one. */
    private static void healthy(RawServer.Talk talk) throws Exception {
        Chats.healthy(talk, talk.request().contains("one two three") ? " four five" : WHOLE_TEXT, "b");
    }

    private static String ask(Gateway gateway, FaultCase.Kind kind, String model) throws IOException {
        String body = "{\"model\":\"" + model + "\",\"stream\":" + kind.streamed()
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
        try (Socket socket = new Socket("127.0.0.1", gateway.address().getPort())) {
            socket.setSoTimeout(20_000);
            String policy = kind.policy().isEmpty() ? "" : "Backstay-Stream: " + kind.policy() + "\r\n";
            String request = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + policy
                    + "Content-Length: " + body.length() + "\r\n\r\n" + body;
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return Rig.readAll(socket);
        }
    }

    private static void check(FaultCase fault, String got) {
        switch (fault.gets()) {
            case ANSWER -> {
                assertThat(got).startsWith("HTTP/1.1 200");
                assertThat(text(got)).isEqualTo(WHOLE_TEXT);
                assertThat(got.contains("[DONE]")).isEqualTo(fault.kind().streamed());
            }
            case BREAK -> {
                assertThat(got).startsWith("HTTP/1.1 200").contains("\"error\"").doesNotContain("[DONE]");
                assertThat(got).doesNotEndWith("0\r\n\r\n");
                assertThat(text(got)).isEqualTo("one two three");
            }
            case REFUSAL -> assertThat(got).startsWith("HTTP/1.1 400").contains("temperature must be a number");
            case REST -> {
                assertThat(text(got)).isEqualTo("one two three four five");
                assertThat(got).contains("[DONE]").endsWith("0\r\n\r\n").doesNotContain("\"error\"");
                assertThat(got).as("one id").doesNotContain("\"id\":\"b\"");
            }
            case FILTERED -> assertThat(got).startsWith("HTTP/1.1 200").contains("content_filter");
            case WITHOUT_EVENT, WITH_DONE -> {
                assertThat(text(got)).isEqualTo("one two three");
                assertThat(got).contains("[DONE]").endsWith("0\r\n\r\n").doesNotContain("\"error\"");
            }
        }
    }

    /** The text of an answer, streamed or not. */
    private static String text(String answer) {
        StringBuilder text = new StringBuilder();
        for (String line : answer.split("\n")) {
            String json = line.startsWith("data: ") ? line.substring(6) : line;
            if (json.startsWith("{")) {
                try {
                    JsonNode choice = JSON.readTree(json).at("/choices/0");
                    text.append(choice.at("/delta/content").asText(""));
                    text.append(choice.at("/message/content").asText(""));
                } catch (IOException notJson) {
                    throw new AssertionError("the caller got what is no JSON: " + json, notJson);
                }
            }
        }
        return text.toString();
    }

    private static void assertNothingLeaks(Gateway gateway) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while ((gateway.running() + gateway.upstreamConnections() > 0 || LoopTimers.count(gateway) > POOL_TIMERS)
                && System.nanoTime() < until) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(LoopTimers.count(gateway)).as("timers").isLessThanOrEqualTo(POOL_TIMERS);
        assertThat(gateway.running()).as("calls").isZero();
        assertThat(gateway.upstreamConnections()).as("connections").isZero();
        for (TargetState target : gateway.engine().targets().values()) {
            assertThat(target.gate().inFlight()).as("permits of the gate").isZero();
            assertThat(target.gate().parked()).as("parked calls").isZero();
            assertThat(target.limiter().inFlight()).as("permits of the limiter").isZero();
        }
    }

    @Test
    void the_guide_has_this_table() throws Exception {
        StringBuilder table = new StringBuilder(
                "| the first target | asked for | the caller gets | within | asked |\n|---|---|---|---:|---|\n");
        for (FaultCase fault : FaultCases.all()) {
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | %,d ms | %s |\n",
                    fault.name(),
                    fault.kind().words(),
                    fault.gets().words(),
                    fault.withinMillis(),
                    String.join(", ", fault.attempts())));
        }
        String guide = Files.readString(GUIDE);
        if (Boolean.getBoolean("backstay.write")) {
            int from = guide.indexOf("| the first target |");
            int to = guide.indexOf("\n\n", from) + 1;
            guide = guide.substring(0, from) + table + guide.substring(to);
            Files.writeString(GUIDE, guide);
        }
        assertThat(guide).as("rewritten with -Dbackstay.write=true").contains(table.toString());
    }
}
