package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;

/**
 * What has to be known about a request body, read in one pass without building it. The body itself is forwarded byte for
 * byte.
 *
 * @param model the model asked for, empty if none
 * @param streamed whether the answer shall come as events
 * @param hasTools whether tools are offered to the model
 * @param promptTokens about how many tokens the prompt has
 */
public record RequestPeek(String model, boolean streamed, boolean hasTools, long promptTokens) {

    /** Bytes per token, about; good to a factor of two, which is enough to tell a long prompt from a short one. */
    public static final int BYTES_PER_TOKEN = 4;

    /** A request without a body. */
    public static final RequestPeek NO_BODY = new RequestPeek("", false, false, 0);

    /** The longest model name, in characters. Names become keys and labels. */
    public static final int MODEL_LIMIT = 256;

    /** The body is not a JSON object; the message says what was expected and where it went wrong, and quotes nothing. */
    public static final class NotJson extends Exception {
        private static final long serialVersionUID = 1;

        NotJson(String message) {
            super(message);
        }
    }

    /**
     * Reads a body of this many bytes.
     *
     * @throws NotJson if it is not one JSON object
     */
    public static RequestPeek of(InputStream body, long length) throws NotJson {
        String model = "";
        boolean streamed = false;
        boolean hasTools = false;
        try (JsonParser parser = Json.FACTORY.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new NotJson("the request body must be a JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (field) {
                    case "model" -> model = Json.textOrSkip(parser);
                    case "stream" -> streamed = value == JsonToken.VALUE_TRUE;
                    case "tools", "functions" -> hasTools |= isFilled(parser);
                    default -> parser.skipChildren();
                }
            }
            if (parser.nextToken() != null) {
                throw new NotJson("the request body has more after its JSON object");
            }
        } catch (IOException broken) {
            throw new NotJson("the request body is not valid JSON (" + length + " bytes)");
        }
        if (model.length() > MODEL_LIMIT) {
            throw new NotJson("the model name is longer than " + MODEL_LIMIT + " characters");
        }
        return new RequestPeek(model, streamed, hasTools, length / BYTES_PER_TOKEN);
    }

    private static boolean isFilled(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            parser.skipChildren();
            return false;
        }
        boolean filled = parser.nextToken() != JsonToken.END_ARRAY;
        while (parser.currentToken() != JsonToken.END_ARRAY) {
            parser.skipChildren();
            if (parser.nextToken() == null) {
                throw new IOException("ends inside tools");
            }
        }
        return filled;
    }
}
