package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * A JSON document inside strings that come in pieces: whether it is only the beginning of one. What is no JSON at all is for others to
 * judge, and so is a text that has not begun.
 */
final class OpenEnd {

    private final JsonParser parser;
    private final ByteArrayFeeder feeder;
    private boolean begun;
    private boolean closed;
    private boolean broken;
    private int depth;

    OpenEnd() {
        try {
            parser = Json.FACTORY.createNonBlockingByteArrayParser();
            feeder = (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
        } catch (IOException impossible) {
            throw new IllegalStateException("the JSON parser could not be made", impossible);
        }
    }

    void add(String piece) {
        byte[] bytes = piece.getBytes(StandardCharsets.UTF_8);
        if (broken || bytes.length == 0) {
            return;
        }
        try {
            feeder.feedInput(bytes, 0, bytes.length);
            for (JsonToken token = parser.nextToken();
                    token != null && token != JsonToken.NOT_AVAILABLE;
                    token = parser.nextToken()) {
                begun |= token.isStructStart();
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                closed = depth == 0;
            }
        } catch (IOException notJson) {
            broken = true;
        }
    }

    /** Whether it is the beginning of an object or an array, and no more. */
    boolean isOpen() {
        return begun && !closed && !broken;
    }
}
