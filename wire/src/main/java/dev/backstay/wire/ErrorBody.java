package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * What an error body says, in any of the shapes that providers send: an {@code error} object, an {@code error} string, no
 * {@code error} at all, gRPC's {@code code} and {@code message}, any of these in an array, FastAPI's {@code detail}, an HTML page of
 * the edge, nothing.
 *
 * <p>There is no {@code type} here on purpose: 429s come with {@code type: invalid_request_error}.
 *
 * @param code the machine's word for it, empty if there is none
 * @param message the sentence for people, empty if there is none
 * @param hint how long to wait, if the body says so
 * @param html whether a page came instead of JSON, so that something in front of the API answered
 */
public record ErrorBody(String code, String message, Optional<Duration> hint, boolean html) {

    /** Bytes of an error body that are read; the rest is dropped. */
    public static final int LIMIT = 64 * 1024;

    /** Characters of a page that are searched for words. */
    private static final int PAGE_READ = 2 * 1024;

    /** Characters of a body that is not JSON that are kept as its message. */
    private static final int TEXT_KEPT = 200;

    /** A code and a message. */
    public ErrorBody(String code, String message) {
        this(code, message, RetryAfter.inWords(message), false);
    }

    /** Reads a body. Never throws. */
    public static ErrorBody parse(byte[] body, int length) {
        String text = new String(body, 0, Math.min(length, LIMIT), StandardCharsets.UTF_8).strip();
        if (text.startsWith("{") || text.startsWith("[")) {
            Reader reader = new Reader();
            try (JsonParser parser = Json.FACTORY.createParser(text)) {
                if (parser.nextToken() == JsonToken.START_ARRAY) {
                    parser.nextToken();
                }
                reader.object(parser, true);
                return reader.body();
            } catch (IOException cutOrBroken) {
                if (!reader.message.isEmpty() || !reader.code.isEmpty()) {
                    return reader.body();
                }
            }
        }
        boolean html = text.regionMatches(true, 0, "<!doctype", 0, 9) || text.regionMatches(true, 0, "<html", 0, 5);
        String start = text.substring(0, Math.min(PAGE_READ, text.length()));
        String plain = html
                ? start.replaceAll("<[^>]{0,1000}>", " ")
                        .replaceAll("\\s+", " ")
                        .strip()
                : start;
        return new ErrorBody("", plain.substring(0, Math.min(TEXT_KEPT, plain.length())), Optional.empty(), html);
    }

    private static final class Reader {
        private String code = "";
        private String message = "";
        private Optional<Duration> hint = Optional.empty();

        private ErrorBody body() {
            return new ErrorBody(code, message, hint.or(() -> RetryAfter.inWords(message)), false);
        }

        /** The top level, or the {@code error} object: both may carry the code and the message. */
        private void object(JsonParser parser, boolean top) throws IOException {
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                if (top && field.equals("error") && value == JsonToken.START_OBJECT) {
                    object(parser, false);
                } else if (top && field.equals("detail") && value == JsonToken.START_ARRAY) {
                    details(parser);
                } else if (field.equals("details") && value == JsonToken.START_ARRAY) {
                    details(parser);
                } else {
                    scalar(field, Json.textOrSkip(parser), top);
                }
            }
        }

        private void scalar(String field, String text, boolean top) {
            if (field.equals("code")) {
                code = text;
            } else if (field.equals("message") || top && message.isEmpty() && isMessage(field)) {
                message = text;
            }
        }

        private static boolean isMessage(String field) {
            return field.equals("error") || field.equals("detail");
        }

        /** FastAPI's list of what is wrong, or gRPC's of what else there is to say. */
        private void details(JsonParser parser) throws IOException {
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String field = parser.currentName();
                    parser.nextToken();
                    String text = Json.textOrSkip(parser);
                    if (field.equals("msg") && message.isEmpty()) {
                        message = text;
                    } else if (field.equals("retryDelay")) { // google.rpc.RetryInfo
                        hint = RetryAfter.time(text);
                    }
                }
            }
            if (parser.currentToken() != JsonToken.END_ARRAY) {
                parser.skipChildren();
            }
        }
    }
}
