package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonParser;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The last event that was parsed, if it carried one piece of text, as a pattern: in most streams each event is the one before but for
 * that text. An event that is byte for byte the same around it, with plain text inside, says the same and need not be parsed.
 *
 * <p>Plain is printable ASCII without quotes and backslashes, so that what is skipped is always valid JSON and never empty.
 */
final class TextEvent {

    /** Larger events are not kept as a pattern. */
    private static final int SIZE_LIMIT = 2_048;

    private byte[] bytes = {};
    private int size;
    private int textFrom;
    private int textTo;
    private int textsSeen;

    /** Whether this event says the same as the one that was learnt, but for its text. */
    boolean matches(byte[] data, int length) {
        int tail = size - textTo;
        int from = textFrom;
        int to = length - tail;
        return size > 0
                && from < to
                && Arrays.equals(data, 0, from, bytes, 0, from)
                && Arrays.equals(data, to, length, bytes, textTo, size)
                && isPlain(data, from, to);
    }

    /** The text of an event that matches. */
    String text(byte[] data, int length) {
        int to = length - (size - textTo);
        return new String(data, textFrom, to - textFrom, StandardCharsets.US_ASCII);
    }

    /** Another event is about to be parsed. */
    void begin() {
        size = 0;
        textsSeen = 0;
    }

    /** The cursor is at a text that is not empty. */
    void textAt(JsonParser parser) {
        textsSeen++;
        textFrom = (int) parser.currentTokenLocation().getByteOffset() + 1;
    }

    /** The event was parsed to its end, and is part of the answer. */
    void learn(byte[] data, int length) {
        if (textsSeen != 1 || length > SIZE_LIMIT || data[textFrom - 1] != '"') {
            return;
        }
        int to = textFrom;
        while (data[to] != '"') {
            to++;
        }
        if (isPlain(data, textFrom, to)) {
            bytes = bytes.length < length ? new byte[length] : bytes;
            System.arraycopy(data, 0, bytes, 0, length);
            size = length;
            textTo = to;
        }
    }

    private static boolean isPlain(byte[] data, int from, int to) {
        for (int i = from; i < to; i++) {
            byte b = data[i];
            if (b < ' ' || b == '"' || b == '\\') { // bytes beyond ASCII are negative
                return false;
            }
        }
        return true;
    }
}
