package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.backstay.core.Usage;
import java.io.IOException;

/** The few things that peeking into JSON needs. */
final class Json {

    /** The longest string in a body, in characters; answers may carry whole files. */
    private static final int STRING_LIMIT = 64 * 1024 * 1024;

    static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(STRING_LIMIT)
                    .build())
            .build();

    private Json() {}

    /** Whether the value at the cursor is something: not null, not an empty text, not nested, which is skipped. */
    static boolean hasText(JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_STRING) {
            return parser.getTextLength() > 0;
        }
        parser.skipChildren();
        return token.isScalarValue() && token != JsonToken.VALUE_NULL;
    }

    /** The text of the value at the cursor, or empty if it is a structure or null. Leaves the cursor at its end. */
    static String textOrSkip(JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
            parser.skipChildren();
            return "";
        }
        return token == JsonToken.VALUE_NULL ? "" : parser.getText();
    }

    /**
     * Usage at the cursor, in OpenAI's words or in Anthropic's; what it does not name stays as it was. Anthropic reports
     * the prompt at the beginning of a stream and the completion at its end.
     */
    static Usage usage(JsonParser parser, Usage before) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return before;
        }
        long prompt = before.promptTokens();
        long cached = before.cachedTokens();
        long completion = before.completionTokens();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            JsonToken value = parser.nextToken();
            if (value == JsonToken.START_OBJECT && field.endsWith("tokens_details")) {
                cached = usage(parser, new Usage(0, cached, 0)).cachedTokens();
            } else if (value == JsonToken.VALUE_NUMBER_INT) {
                switch (field) {
                    case "prompt_tokens", "input_tokens" -> prompt = parser.getLongValue();
                    case "completion_tokens", "output_tokens" -> completion = parser.getLongValue();
                    case "cached_tokens", "cache_read_input_tokens" -> cached = parser.getLongValue();
                    default -> {}
                }
            } else {
                parser.skipChildren();
            }
        }
        return new Usage(prompt, cached, completion);
    }
}
