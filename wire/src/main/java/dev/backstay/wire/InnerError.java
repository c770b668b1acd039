package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Phase;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;

/**
 * An error that an answer of status 200 carries: whether it is one, and what it would be with a status of its own.
 *
 * <p>Good answers have a field {@code error}, too, with null, nothing, or an object whose fields are empty (litellm#18407); that is none.
 *
 * <p>Sources of the words: [O] OpenAI, "Error codes"; [A] Anthropic, "Errors"; [R] OpenRouter, "Errors and debugging", which has the
 * status as a number in {@code code}; [G] google.rpc.Code, whose words Fireworks has, too.
 */
final class InnerError {

    private static final int FIRST_STATUS = 400;
    private static final int LAST_STATUS = 599;

    /** The status that goes with a word in {@code code} or {@code type}. */
    private static final Map<String, Integer> STATUSES = Map.ofEntries(
            Map.entry("context_length_exceeded", 400), // [O]
            Map.entry("invalid_prompt", 400), // [O]
            Map.entry("invalid_request_error", 400), // [O] [A]
            Map.entry("string_above_max_length", 400), // [O]
            Map.entry("content_policy_violation", 400), // [O]
            Map.entry("invalid_api_key", 401), // [O]
            Map.entry("authentication_error", 401), // [A]
            Map.entry("insufficient_quota", 429), // [O]
            Map.entry("billing_error", 402), // [A]
            Map.entry("permission_error", 403), // [A]
            Map.entry("model_not_found", 404), // [O]
            Map.entry("not_found_error", 404), // [A]
            Map.entry("server_error", 500), // [O]
            Map.entry("internal_server_error", 500),
            Map.entry("internal_error", 500),
            Map.entry("api_error", 500), // [A]
            Map.entry("INVALID_ARGUMENT", 400), // [G] and so on
            Map.entry("UNAUTHENTICATED", 401),
            Map.entry("PERMISSION_DENIED", 403),
            Map.entry("NOT_FOUND", 404),
            Map.entry("RESOURCE_EXHAUSTED", 429),
            Map.entry("INTERNAL", 500),
            Map.entry("UNAVAILABLE", 503),
            Map.entry("DEADLINE_EXCEEDED", 504),
            Map.entry("rate_limit_exceeded", 429), // [O]
            Map.entry("rate_limit_error", 429), // [A]
            Map.entry("overloaded_error", 529)); // [A]

    private boolean said;
    private int status;
    private String code = "";
    private String type = "";
    private String message = "";

    /** Reads the value at the cursor, and leaves the cursor at its end. */
    void read(JsonParser parser) throws IOException {
        JsonToken value = parser.currentToken();
        if (value == JsonToken.VALUE_STRING) {
            message = parser.getText();
            said |= !message.isBlank();
        } else if (value == JsonToken.START_OBJECT) {
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                if (parser.nextToken() == JsonToken.START_OBJECT && field.equals("error")) {
                    read(parser);
                } else {
                    field(field, Json.textOrSkip(parser));
                }
            }
        } else {
            parser.skipChildren();
        }
    }

    /** A field of it. */
    void field(String field, String text) {
        switch (field) {
            case "message", "msg", "detail" -> message = text;
            case "type" -> type = text;
            case "code", "status", "http_code" -> {
                code = field.equals("code") ? text : code;
                status = status == 0 ? statusIn(text) : status;
            }
            default -> {}
        }
        boolean tells = field.equals("message") || field.equals("type") || field.equals("code");
        said |= tells && !text.isBlank() && !text.equals("0") && !text.equals("false");
    }

    private static int statusIn(String text) {
        if (text.length() != 3 || !text.chars().allMatch(Character::isDigit)) {
            return 0;
        }
        int number = Integer.parseInt(text);
        return number >= FIRST_STATUS && number <= LAST_STATUS ? number : 0;
    }

    /** It is one, whatever its fields say: its event is named so. */
    void isSaid() {
        said = true;
    }

    /** These words come with it, if it has none of its own. */
    void words(String more) {
        message = message.isEmpty() ? more : message;
    }

    boolean isError() {
        return said;
    }

    /** What it means, with what its classifier knows of its status. */
    Failure failure(Classifier classifier, Headers headers, Instant now, Phase phase) {
        int known = status != 0 ? status : STATUSES.getOrDefault(code, STATUSES.getOrDefault(type, 0));
        if (known == 0) {
            return Failure.of(FailureKind.STREAM_ERROR, phase, message.isEmpty() ? code + type : message)
                    .withAcknowledged(Acknowledged.YES);
        }
        Failure failure =
                classifier.classify(new Classifier.Refusal(known, headers, new ErrorBody(code, message), now));
        return new Failure(
                failure.kind(), phase, Acknowledged.YES, known, failure.message(), failure.hint(), failure.again());
    }
}
