package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** The tool calls of a streamed answer, piece by piece: whether the arguments of one end in the middle. */
final class ToolCalls {

    /** Calls beyond so many are not looked at. */
    private static final int LIMIT = 64;

    private final Map<Integer, OpenEnd> arguments = new HashMap<>();

    /** Reads the pieces in the array at the cursor, and says whether there is anything in them. Leaves the cursor at its end. */
    boolean read(JsonParser parser) throws IOException {
        boolean something = false;
        while (parser.nextToken() == JsonToken.START_OBJECT) {
            something |= call(parser);
        }
        if (parser.currentToken() != JsonToken.END_ARRAY) {
            throw new IOException("tool_calls has other than objects");
        }
        return something;
    }

    private boolean call(JsonParser parser) throws IOException {
        int index = 0;
        String piece = "";
        boolean something = false;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            JsonToken value = parser.nextToken();
            if (field.equals("index") && value == JsonToken.VALUE_NUMBER_INT) {
                index = parser.getIntValue();
            } else if (field.equals("function") && value == JsonToken.START_OBJECT) {
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    boolean isArguments = parser.currentName().equals("arguments");
                    parser.nextToken();
                    something |= parser.currentToken().isStructStart() || Json.hasText(parser);
                    String text = Json.textOrSkip(parser);
                    piece = isArguments ? text : piece;
                }
            } else {
                something |= Json.hasText(parser);
            }
        }
        if (index >= 0 && index < LIMIT) {
            arguments.computeIfAbsent(index, first -> new OpenEnd()).add(piece);
        }
        return something;
    }

    boolean isBroken() {
        return arguments.values().stream().anyMatch(OpenEnd::isOpen);
    }
}
