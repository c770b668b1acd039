package dev.backstay.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.testkit.Chats;
import dev.backstay.testkit.FaultCase;
import dev.backstay.testkit.FaultCases;
import dev.backstay.testkit.Hiccups;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of faults as a caller of the library meets it, row by row, over real sockets. The library asks one API, so where the gateway
 * asks another target, the first request meets the fault, and the next one is answered.
 */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class FaultsTest {

    private static final String WHOLE_TEXT = "the whole answer";
    private static final Duration SHORT = Duration.ofMillis(500);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A busy machine may hold up a play, and not each of them. */
    private static final int PLAYS = 5;

    /** A play in which it stood still for so long, a good part of a pause in it, proves nothing. */
    private static final long STILL_MILLIS = 20;

    /** A machine that is busy takes longer than the table says. */
    private static final long SLACK_MILLIS = 3_000;

    static Stream<FaultCase> faults() {
        return FaultCases.all().stream().filter(fault -> !fault.elsewhere());
    }

    @ParameterizedTest
    @MethodSource("faults")
    void what_the_caller_gets(FaultCase fault) throws Exception {
        for (int plays = 1; ; plays++) {
            try (Hiccups hiccups = Hiccups.watch()) {
                try {
                    play(fault);
                    return;
                } catch (AssertionError failed) {
                    if (plays == PLAYS || hiccups.longestMillis() < STILL_MILLIS) {
                        throw failed;
                    }
                }
            }
        }
    }

    private static void play(FaultCase fault) throws Exception {
        try (RawServer api = RawServer.start((number, talk) -> {
                    if (number == 1) {
                        fault.first().play(number, talk);
                    } else {
                        Chats.healthy(talk, WHOLE_TEXT, "b");
                    }
                });
                Backstay backstay = Backstay.builder()
                        .baseUrl(api.baseUrl())
                        .apiKey("k")
                        .timeouts(Clocks.within(Duration.ofSeconds(10))
                                .withConnect(SHORT)
                                .withFirstToken(SHORT)
                                .withAnswer(SHORT)
                                .withIdle(SHORT))
                        .build()) {
            long begun = System.nanoTime();
            check(fault, backstay, ask(backstay, fault.kind()));
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun))
                    .isLessThan(fault.withinMillis() + SLACK_MILLIS);
            boolean again = fault.attempts().size() > 1 && fault.gets() != FaultCase.Gets.REST;
            assertThat(api.requests()).hasSize(again ? 2 : 1);
            BackstayRig.eventually(() -> backstay.running() == 0 && backstay.connectionsInUse() == 0);
            assertThat(backstay.running()).isZero();
            assertThat(backstay.connectionsInUse()).isZero();
        }
    }

    private static Ask ask(Backstay backstay, FaultCase.Kind kind) {
        return backstay.ask(
                "/chat/completions",
                "{\"model\":\"m\",\"stream\":" + kind.streamed()
                        + ",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}");
    }

    private static void check(FaultCase fault, Backstay backstay, Ask ask) throws IOException {
        switch (fault.gets()) {
            case ANSWER -> assertThat(text(answer(fault, backstay, ask))).isEqualTo(WHOLE_TEXT);
            case FILTERED -> assertThat(answer(fault, backstay, ask)).contains("content_filter");
            case WITHOUT_EVENT, WITH_DONE ->
                assertThat(text(answer(fault, backstay, ask))).isEqualTo("one two three");
            case REFUSAL ->
                assertThatThrownBy(() -> backstay.send(ask))
                        .isInstanceOfSatisfying(
                                CallFailed.class,
                                failed -> assertThat(failed.status()).isEqualTo(400))
                        .hasMessageContaining("temperature must be a number");
            case BREAK, REST -> { // the library does not ask for the rest
                try (LiveReply live = backstay.stream(ask)) {
                    StringBuilder seen = new StringBuilder();
                    assertThatThrownBy(() -> read(live, seen)).isInstanceOf(BrokenAnswer.class);
                    assertThat(text(seen.toString())).isEqualTo("one two three");
                }
            }
        }
    }

    private static String answer(FaultCase fault, Backstay backstay, Ask ask) throws IOException {
        if (fault.kind() != FaultCase.Kind.LIVE) {
            return new String(backstay.send(ask).body(), StandardCharsets.UTF_8);
        }
        StringBuilder seen = new StringBuilder();
        try (LiveReply live = backstay.stream(ask)) {
            read(live, seen);
        }
        return seen.toString();
    }

    private static void read(LiveReply live, StringBuilder into) throws IOException {
        byte[] piece = new byte[8192];
        for (int length = live.body().read(piece);
                length >= 0;
                length = live.body().read(piece)) {
            into.append(new String(piece, 0, length, StandardCharsets.UTF_8));
        }
    }

    /** The text of an answer, streamed or not. */
    private static String text(String answer) throws IOException {
        StringBuilder text = new StringBuilder();
        for (String line : answer.split("\n")) {
            String json = line.startsWith("data: ") ? line.substring(6) : line;
            if (json.startsWith("{")) {
                JsonNode choice = JSON.readTree(json).at("/choices/0");
                text.append(choice.at("/delta/content").asText(""));
                text.append(choice.at("/message/content").asText(""));
            }
        }
        return text.toString();
    }
}
