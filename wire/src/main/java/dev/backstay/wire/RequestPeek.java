package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.backstay.core.Size;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Set;

/**
 * What has to be known about a request body, read in one pass without building it. The body itself is forwarded byte for
 * byte, but for the name of the model where a route has another one.
 *
 * @param model the model asked for, empty if none
 * @param modelPlace where in the body that name stands, with its quotes
 * @param streamed whether the answer shall come as events
 * @param hasTools whether tools are offered to the model
 * @param mayAct whether more may come of it than an answer: a job, a turn of a conversation, what a tool does that the server runs
 * @param plainText whether the answer is one plain text, of which a part is of use: no tools, one choice, no format, no log
 *     probabilities
 * @param reasons whether the model is asked to reason before it answers
 * @param choices how many answers are asked for
 * @param wantsUsage whether a stream shall say at its end what it used
 * @param promptTokens about how many tokens the prompt has
 * @param outputLimit how many tokens the caller allows the answer, or {@link Size#NO_LIMIT}
 */
public record RequestPeek(
        String model,
        Place modelPlace,
        boolean streamed,
        boolean hasTools,
        boolean mayAct,
        boolean plainText,
        boolean reasons,
        int choices,
        boolean wantsUsage,
        long promptTokens,
        long outputLimit) {

    /** Bytes per token, about; good to a factor of two, which is enough to tell a long prompt from a short one. */
    public static final int BYTES_PER_TOKEN = 4;

    /** A request without a body. */
    public static final RequestPeek NO_BODY =
            new RequestPeek("", Place.NOWHERE, false, false, false, false, false, 1, false, 0, Size.NO_LIMIT);

    /** More choices than this are not told apart. */
    static final int CHOICES_LIMIT = 64;

    /** About what a picture, a sound or a file is to a model, in tokens, until usage tells. */
    static final int ATTACHED_TOKENS = 1_000;

    /** Where they stand in the requests of OpenAI's and Anthropic's APIs, as data or as a data URL. */
    private static final Set<String> ATTACHED = Set.of("url", "image_url", "data", "file_data", "b64_json");

    /** Shorter values are addresses. */
    private static final int ATTACHED_LETTERS = 2_000;

    /** How the types of tools begin that the server runs, and that may change something. */
    private static final List<String> ACTING = List.of("mcp", "computer", "code_", "shell");

    /** Words that switch reasoning off. */
    private static final Set<String> OFF = Set.of("none", "off", "disabled", "minimal", "");

    /** The longest model name, in characters. Names become keys and labels. */
    public static final int MODEL_LIMIT = 256;

    /** A value's bytes in the body: from the first to behind the last. */
    public record Place(int from, int to) {

        /** It does not stand there. */
        public static final Place NOWHERE = new Place(0, 0);
    }

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
     * @throws NotJson if it is not one JSON object, or a field that matters has an impossible type
     */
    public static RequestPeek of(InputStream body, long length) throws NotJson {
        Reader reader = new Reader();
        try (JsonParser parser = Json.FACTORY.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new NotJson("the request body must be a JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                reader.field(parser, parser.currentName(), parser.nextToken());
            }
            if (parser.nextToken() != null) {
                throw new NotJson("the request body has more after its JSON object");
            }
        } catch (IOException broken) {
            throw new NotJson("the request body is not valid JSON (" + length + " bytes)");
        }
        return reader.peek(length);
    }

    private static final class Reader {

        private String model = "";
        private Place modelPlace = Place.NOWHERE;
        private boolean streamed;
        private boolean hasTools;
        private boolean mayAct;
        private boolean special;
        private boolean reasons;
        private int choices = 1;
        private boolean wantsUsage;
        private long attachedLetters;
        private long attached;
        private long outputLimit = Size.NO_LIMIT;

        void field(JsonParser parser, String field, JsonToken value) throws IOException, NotJson {
            switch (field) {
                case "model" -> model(parser, value);
                case "stream" -> {
                    streamed = value == JsonToken.VALUE_TRUE;
                    parser.skipChildren();
                }
                case "messages", "input" -> attachments(parser);
                case "stream_options" -> wantsUsage |= fieldIsTrue(parser, value, "include_usage");
                case "tools", "functions" -> tools(parser);
                case "background" -> {
                    mayAct |= value == JsonToken.VALUE_TRUE;
                    parser.skipChildren();
                }
                case "conversation", "mcp_servers" -> {
                    mayAct |= value != JsonToken.VALUE_NULL;
                    parser.skipChildren();
                }
                case "max_tokens", "max_completion_tokens", "max_output_tokens" -> limit(parser, value);
                case "reasoning_effort" -> reasons |= isOn(parser, value);
                case "reasoning", "thinking" -> reasons |= isOn(parser, value);
                case "enable_thinking" -> reasons |= value == JsonToken.VALUE_TRUE;
                case "chat_template_kwargs" -> reasons |= fieldIsTrue(parser, value, "enable_thinking");
                case "n" -> {
                    int asked = value == JsonToken.VALUE_NUMBER_INT ? parser.getValueAsInt(1) : 1;
                    choices = Math.max(1, Math.min(CHOICES_LIMIT, asked));
                    special |= asked != 1 || value == JsonToken.VALUE_STRING;
                    parser.skipChildren();
                }
                case "best_of" -> {
                    special |= value != JsonToken.VALUE_NULL && parser.getValueAsInt(1) != 1;
                    parser.skipChildren();
                }
                case "logprobs" -> {
                    special |= value != JsonToken.VALUE_FALSE && value != JsonToken.VALUE_NULL;
                    parser.skipChildren();
                }
                case "echo", "suffix", "response_format", "text", "audio", "modalities" -> {
                    special |= value != JsonToken.VALUE_NULL && value != JsonToken.VALUE_FALSE;
                    parser.skipChildren();
                }
                default -> parser.skipChildren();
            }
        }

        /** A second name would leave it to each reader which one counts. */
        private void model(JsonParser parser, JsonToken value) throws IOException, NotJson {
            require(modelPlace.equals(Place.NOWHERE), "model", "there once");
            require(value == JsonToken.VALUE_STRING || value == JsonToken.VALUE_NULL, "model", "a string");
            long from = parser.currentTokenLocation().getByteOffset();
            if (from < 0) {
                throw new NotJson("the request body must be UTF-8");
            }
            model = value == JsonToken.VALUE_NULL ? "" : parser.getText();
            modelPlace = new Place((int) from, (int) parser.currentLocation().getByteOffset());
            if (model.length() > MODEL_LIMIT) {
                throw new NotJson("the model name is longer than " + MODEL_LIMIT + " characters");
            }
        }

        /**
         * Pictures, audio and files count as what models make of them, and not by their letters. Leaves the cursor at the end of the
         * value.
         */
        private void attachments(JsonParser parser) throws IOException {
            int depth = parser.currentToken().isStructStart() ? 1 : 0;
            while (depth > 0) {
                JsonToken token = parser.nextToken();
                if (token == null) {
                    throw new IOException("ends inside a structure");
                }
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                if (token == JsonToken.VALUE_STRING && ATTACHED.contains(String.valueOf(parser.currentName()))) {
                    int letters = parser.getTextLength();
                    if (letters > ATTACHED_LETTERS) {
                        attachedLetters += letters;
                        attached++;
                    }
                }
            }
        }

        /** What is no limit here may be one for the server, or its way of saying that there is none. */
        private void limit(JsonParser parser, JsonToken value) throws IOException {
            double said = value.isNumeric() ? parser.getDoubleValue() : -1;
            if (said >= 0 && said < Long.MAX_VALUE) {
                outputLimit = Math.min(outputLimit, (long) said);
            }
            parser.skipChildren();
        }

        /** A word or an object that does not say no. */
        private static boolean isOn(JsonParser parser, JsonToken value) throws IOException {
            if (value == JsonToken.VALUE_STRING) {
                return !OFF.contains(parser.getText());
            }
            if (value != JsonToken.START_OBJECT) {
                parser.skipChildren();
                return value == JsonToken.VALUE_TRUE;
            }
            boolean on = true;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean tells = parser.currentName().equals("type")
                        || parser.currentName().equals("effort");
                if (parser.nextToken() == JsonToken.VALUE_STRING) {
                    on &= !tells || !OFF.contains(parser.getText());
                } else {
                    parser.skipChildren();
                }
            }
            return on;
        }

        private static boolean fieldIsTrue(JsonParser parser, JsonToken value, String field) throws IOException {
            if (value != JsonToken.START_OBJECT) {
                parser.skipChildren();
                return false;
            }
            boolean isTrue = false;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean here = parser.currentName().equals(field);
                isTrue |= parser.nextToken() == JsonToken.VALUE_TRUE && here;
                parser.skipChildren();
            }
            return isTrue;
        }

        private static void require(boolean condition, String field, String rule) throws NotJson {
            if (!condition) {
                throw new NotJson("'" + field + "' must be " + rule);
            }
        }

        private void tools(JsonParser parser) throws IOException {
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                parser.skipChildren();
                return;
            }
            for (JsonToken tool = parser.nextToken(); tool != JsonToken.END_ARRAY; tool = parser.nextToken()) {
                if (tool == null) {
                    throw new IOException("ends inside tools");
                }
                hasTools = true;
                tool(parser);
            }
        }

        private void tool(JsonParser parser) throws IOException {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                parser.skipChildren();
                return;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean type = parser.currentName().equals("type");
                if (parser.nextToken() == JsonToken.VALUE_STRING && type) {
                    mayAct |= ACTING.stream().anyMatch(parser.getText()::startsWith);
                } else {
                    parser.skipChildren();
                }
            }
        }

        RequestPeek peek(long length) {
            return new RequestPeek(
                    model,
                    modelPlace,
                    streamed,
                    hasTools,
                    mayAct,
                    !hasTools && !special,
                    reasons,
                    choices,
                    wantsUsage,
                    Math.max(0, length - attachedLetters) / BYTES_PER_TOKEN + attached * ATTACHED_TOKENS,
                    outputLimit);
        }
    }
}
