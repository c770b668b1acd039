package dev.backstay.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextEventTest {

    private static final String EVENT =
            "{\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"finish_reason\":null}]}";

    /** Whole events and pieces of them, of which near misses are made. */
    private static final List<String> SEEDS = List.of(
            EVENT.formatted("Hello"),
            EVENT.formatted(" wor\\n"),
            EVENT.formatted("wörld"),
            EVENT.formatted(""),
            "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"x\"}}]}",
            "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"content\"},\"finish_reason\":\"stop\"}]}",
            "{\"choices\":[{\"index\":0,\"text\":\"one\"},{\"index\":1,\"text\":\"two\"}]}",
            "{\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\",\"content\":\"so\"}}],\"usage\":{\"completion_tokens\":3}}",
            "{\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"error\"}]}",
            "{\"error\":{\"message\":\"boom\"},\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
            "{\"choices\":[{\"delta\":{\"content\":5}}]}");

    private static final String PIECES = "\"\\{}[]:,a5 ö\n";

    @Test
    void an_event_that_differs_in_its_text_only_is_known() throws IOException {
        TextEvent learnt = learnt(EVENT.formatted("Hello"));
        byte[] next = bytes(EVENT.formatted(" world"));

        assertThat(learnt.matches(next, next.length)).isTrue();
        assertThat(learnt.text(next, next.length)).isEqualTo(" world");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "say \\\"no\\\"", "\\u0041", "naïve", "\u0007", "x\",\"role\":\"y"})
    void a_text_that_is_not_plain_is_parsed(String text) throws IOException {
        byte[] next = bytes(EVENT.formatted(text));

        assertThat(learnt(EVENT.formatted("Hello")).matches(next, next.length)).isFalse();
    }

    @Test
    void an_event_that_differs_elsewhere_is_parsed() throws IOException {
        byte[] next = bytes(EVENT.formatted("Hello").replace("null", "\"stop\""));

        assertThat(learnt(EVENT.formatted("Hello")).matches(next, next.length)).isFalse();
    }

    /** Each event means what it means on its own, whatever came before it. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void what_was_learnt_never_changes_what_an_event_means(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            compareStream(random);
        }
    }

    private static void compareStream(Random random) {
        StreamTruth stream = new StreamTruth(Endpoint.Dialect.CHAT, 1, true);
        StringBuilder text = new StringBuilder();
        boolean moreThanText = false;
        long textEvents = 0;
        String event = SEEDS.get(0);
        for (int i = 0; i < 100; i++) {
            event = random.nextInt(4) == 0 ? SEEDS.get(random.nextInt(SEEDS.size())) : mutated(event, random);
            byte[] data = bytes(event);
            StreamTruth alone = new StreamTruth(Endpoint.Dialect.CHAT, 1, true);

            assertThat(stream.event("", data, data.length)).as(event).isEqualTo(alone.event("", data, data.length));
            textEvents += alone.textEvents();
            assertThat(stream.textEvents()).as(event).isEqualTo(textEvents);
            moreThanText |= alone.text().isEmpty();
            text.append(alone.text().orElse(""));
            if (!moreThanText) {
                assertThat(stream.text()).as(event).isEqualTo(Optional.of(text.toString()));
            }
        }
    }

    private static String mutated(String event, Random random) {
        int at = random.nextInt(event.length() + 1);
        char piece = PIECES.charAt(random.nextInt(PIECES.length()));
        return switch (random.nextInt(3)) {
            case 0 -> event.substring(0, at) + piece + event.substring(at);
            case 1 -> event.substring(0, Math.max(0, at - 1)) + event.substring(at);
            default -> event.substring(0, Math.max(0, at - 1)) + piece + event.substring(at);
        };
    }

    private static TextEvent learnt(String event) throws IOException {
        byte[] data = bytes(event);
        TextEvent learning = new TextEvent();
        learning.begin();
        try (JsonParser parser = Json.FACTORY.createParser(data, 0, data.length)) {
            while (!"content".equals(parser.currentName())) {
                parser.nextToken();
            }
            parser.nextToken();
            assertThat(Json.hasText(parser)).isTrue();
            learning.textAt(parser);
        }
        learning.learn(data, data.length);
        return learning;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
