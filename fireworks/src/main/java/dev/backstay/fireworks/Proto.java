package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Protobuf's JSON: int64 are strings, durations are decimal seconds with an {@code s}, and what is empty may be missing. */
final class Proto {

    static final ObjectMapper JSON = new ObjectMapper();

    private static final BigDecimal NANOS = BigDecimal.valueOf(1_000_000_000);

    private Proto() {}

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    static JsonNode read(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new IllegalArgumentException("not JSON: " + e.getMessage(), e);
        }
    }

    static long int64(JsonNode node) {
        return node.isTextual() ? parsed(node.asText()) : node.asLong(0);
    }

    private static long parsed(String text) {
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException notANumber) {
            return 0;
        }
    }

    static Optional<Instant> instant(JsonNode node) {
        try {
            return node.isTextual() && !node.asText().isEmpty()
                    ? Optional.of(OffsetDateTime.parse(node.asText()).toInstant())
                    : Optional.empty();
        } catch (DateTimeParseException unknown) {
            return Optional.empty();
        }
    }

    static Optional<Duration> duration(JsonNode node) {
        String text = node.asText();
        if (!text.matches("-?\\d{1,12}(\\.\\d{1,9})?s")) {
            return Optional.empty();
        }
        BigDecimal seconds = new BigDecimal(text.substring(0, text.length() - 1));
        return Optional.of(Duration.ofNanos(seconds.multiply(NANOS).longValueExact()));
    }

    static String text(Duration duration) {
        BigDecimal seconds =
                BigDecimal.valueOf(duration.getSeconds()).add(new BigDecimal(duration.getNano()).divide(NANOS));
        return seconds.stripTrailingZeros().toPlainString() + "s";
    }

    /** What a resource says about itself: wherever it stands. */
    static String statusMessage(JsonNode resource) {
        for (String path : List.of(
                "/statusMessage",
                "/message",
                "/status/message",
                "/status/statusMessage",
                "/status/detail",
                "/status/details")) {
            JsonNode said = resource.at(path);
            if (said.isValueNode() && !said.asText().isEmpty()) {
                return said.asText();
            }
        }
        return resource.path("status").isTextual() ? resource.path("status").asText() : "";
    }

    /** The only stable class of an error: a registered reason in the details of the status. */
    static String errorReason(JsonNode resource) {
        for (JsonNode detail : resource.path("status").path("details")) {
            if (detail.path("@type").asText().endsWith("google.rpc.ErrorInfo")) {
                return detail.path("reason").asText();
            }
        }
        return "";
    }

    /** The paths of everything in it, in snake case, as an update mask names them. */
    static List<String> mask(ObjectNode changes) {
        List<String> paths = new ArrayList<>();
        changes.properties().forEach(field -> {
            boolean deeper = field.getKey().equals("autoscalingPolicy") && field.getValue() instanceof ObjectNode;
            if (deeper) {
                mask((ObjectNode) field.getValue()).forEach(inner -> paths.add(snake(field.getKey()) + "." + inner));
            } else {
                paths.add(snake(field.getKey()));
            }
        });
        return paths;
    }

    private static String snake(String camel) {
        return camel.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }

    /** How what exists differs from what is wanted, in words; what the server added or does not show is no difference. */
    static List<String> differences(String at, JsonNode wanted, JsonNode exists) {
        List<String> found = new ArrayList<>();
        wanted.properties().forEach(field -> {
            JsonNode want = field.getValue();
            JsonNode is = exists.path(field.getKey());
            String name = at.isEmpty() ? field.getKey() : at + "." + field.getKey();
            if (is.isMissingNode() || is.isNull() || want.isNull() || isEmpty(want)) {
                return;
            }
            if (want.isObject() && is.isObject()) {
                found.addAll(differences(name, want, is));
            } else if (!want.asText().equals(is.asText()) || want.isContainerNode() && !want.equals(is)) {
                found.add(name + " is " + is + " and not " + want);
            }
        });
        return found;
    }

    private static boolean isEmpty(JsonNode node) {
        return node.isTextual() && node.asText().isEmpty() || node.isContainerNode() && node.isEmpty();
    }
}
