package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
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

    /** Usage at the cursor, which is left at its end. */
    static void usage(JsonParser parser, UsageFields into) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            JsonToken value = parser.nextToken();
            if (value == JsonToken.START_OBJECT && field.endsWith("tokens_details")) {
                usage(parser, into);
            } else {
                into.field(field, parser);
                parser.skipChildren();
            }
        }
    }
}
