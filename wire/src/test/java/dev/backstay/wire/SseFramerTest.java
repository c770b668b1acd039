package dev.backstay.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The vectors of five public parsers and of the web platform tests; each file row names its source. */
class SseFramerTest {

    /** Inputs up to this size are cut at every byte; larger ones at about this many places. */
    private static final int CUTS = 4_000;

    record Vector(String source, String name, byte[] input, List<List<String>> expected) {
        @Override
        public String toString() {
            return source + " " + name;
        }
    }

    static List<Vector> vectors() throws IOException {
        List<Vector> vectors = new ArrayList<>();
        for (JsonNode row : new ObjectMapper().readTree(Vectors.open("sse-vectors.json"))) {
            ByteArrayOutputStream input = new ByteArrayOutputStream();
            for (JsonNode group : row.get("input")) {
                for (int i = 0; i < group.get("times").asInt(); i++) {
                    write(group, input);
                }
            }
            List<List<String>> expected = new ArrayList<>();
            for (JsonNode event : row.get("expected")) {
                expected.add(List.of(
                        event.get(0).asText(),
                        event.get(1).asText(),
                        event.get(2).asText()));
            }
            vectors.add(
                    new Vector(row.get("source").asText(), row.get("name").asText(), input.toByteArray(), expected));
        }
        return vectors;
    }

    private static void write(JsonNode group, ByteArrayOutputStream input) {
        for (JsonNode chunk : group.path("base64")) {
            input.writeBytes(Base64.getDecoder().decode(chunk.asText()));
        }
        for (JsonNode part : group.path("parts")) {
            String text = part.isTextual()
                    ? part.asText()
                    : part.get("repeat").asText().repeat(part.get("times").asInt());
            input.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void finds_the_events_of(Vector vector) {
        assertThat(parse(vector.input)).isEqualTo(vector.expected);
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void finds_them_byte_by_byte(Vector vector) {
        Collector collector = new Collector();
        for (byte b : vector.input) {
            collector.framer.read(ByteBuffer.wrap(new byte[] {b}));
        }
        assertThat(collector.events).isEqualTo(vector.expected);
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void finds_them_wherever_the_bytes_are_cut(Vector vector) {
        int step = Math.max(1, vector.input.length / CUTS);
        for (int cut = 0; cut <= vector.input.length; cut += vector.input.length > 100_000 ? step * 400 : step) {
            Collector collector = new Collector();
            collector.framer.read(ByteBuffer.wrap(vector.input, 0, cut));
            long complete = collector.framer.complete();
            assertThat(complete).isLessThanOrEqualTo(cut);
            int known = collector.events.size();
            collector.framer.read(ByteBuffer.wrap(vector.input, cut, vector.input.length - cut));
            if (!collector.events.equals(vector.expected)) {
                assertThat(collector.events).as("cut at byte %d", cut).isEqualTo(vector.expected);
            }
            assertThat(eventsIn(vector.input, (int) complete))
                    .as("what is complete at byte %d holds whole events only", cut)
                    .isEqualTo(known);
        }
    }

    @Test
    void an_event_may_not_be_larger_than_the_limit() {
        Collector collector = new Collector();
        byte[] piece = ("data: " + "x".repeat(1 << 20)).getBytes(StandardCharsets.UTF_8);
        for (int sent = 0; sent <= SseFramer.EVENT_LIMIT; sent += piece.length) {
            collector.framer.read(ByteBuffer.wrap(piece));
        }
        assertThat(collector.framer.overflowed()).isTrue();
        assertThat(collector.events).isEmpty();
    }

    @Test
    void a_comment_between_events_may_be_passed_on_at_once() {
        Collector collector = new Collector();
        collector.framer.read(ByteBuffer.wrap(": keep-alive\n".getBytes(StandardCharsets.UTF_8)));
        assertThat(collector.framer.complete()).isEqualTo(13);
    }

    private static int eventsIn(byte[] input, int length) {
        Collector collector = new Collector();
        collector.framer.read(ByteBuffer.wrap(input, 0, length));
        return collector.events.size();
    }

    private static List<List<String>> parse(byte[] input) {
        Collector collector = new Collector();
        collector.framer.read(ByteBuffer.wrap(input));
        return collector.events;
    }

    private static final class Collector {
        private final List<List<String>> events = new ArrayList<>();
        private final SseFramer framer = new SseFramer(this::event);

        private void event(String name, byte[] data, int length) {
            events.add(List.of(name, new String(data, 0, length, StandardCharsets.UTF_8), framer.lastEventId()));
        }
    }
}
