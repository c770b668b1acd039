package dev.backstay.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds the events in a stream of server-sent events, however its bytes are cut into pieces.
 *
 * <p>Follows the parsing rules of the HTML standard (section 9.2): lines end with CR, LF or CRLF; a leading byte order
 * mark is dropped; a line that begins with a colon is a comment; an event without data is not dispatched; an event that
 * the end of the stream cuts off is discarded.
 *
 * <p>It is byte-transparent: it only reads, and {@link #complete} says how many bytes, from the start of the stream, end
 * on a boundary between events, so that a relay can pass those on and keep the rest.
 *
 * <p>Not thread-safe.
 */
public final class SseFramer {

    /** The largest event, in bytes. A stream with a larger one is broken. */
    public static final int EVENT_LIMIT = 32 * 1024 * 1024;

    private static final byte[] BOM = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
    private static final int FIRST_CAPACITY = 512;

    /** Hears the events, in order. */
    @FunctionalInterface
    public interface Sink {
        /**
         * One event.
         *
         * @param name its {@code event} field, empty if it had none
         * @param data the buffer that holds its data from index 0; use it before returning
         * @param length how many bytes of it
         */
        void event(String name, byte[] data, int length);
    }

    private final Sink sink;
    private byte[] line = new byte[FIRST_CAPACITY];
    private int lineLength;
    private byte[] data = new byte[FIRST_CAPACITY];
    private int dataLength;
    private boolean hasData;
    private boolean inEvent;
    private String name = "";
    private String pendingId = "";
    private String lastId = "";
    private boolean afterCr;
    private long read;
    private long complete;
    private boolean overflowed;

    public SseFramer(Sink sink) {
        this.sink = sink;
    }

    /** Reads a piece and tells the sink each event that it completes. */
    public void read(ByteBuffer piece) {
        if (afterCr && piece.hasRemaining()) {
            skipLf(piece);
        }
        while (piece.hasRemaining() && !overflowed) {
            append(piece, lineEnd(piece) - piece.position());
            overflowed = read - complete > EVENT_LIMIT;
            if (!overflowed && piece.hasRemaining()) {
                afterCr = piece.get() == '\r';
                read++;
                endLine();
                if (afterCr && piece.hasRemaining()) {
                    skipLf(piece);
                }
            }
        }
        piece.position(piece.limit());
    }

    private static int lineEnd(ByteBuffer piece) {
        int at = piece.position();
        int limit = piece.limit();
        while (at < limit) {
            byte b = piece.get(at);
            if (b == '\n' || b == '\r') {
                return at;
            }
            at++;
        }
        return at;
    }

    /** The LF of a CRLF, of which the CR has ended the line. */
    private void skipLf(ByteBuffer piece) {
        afterCr = false;
        if (piece.get(piece.position()) == '\n') {
            piece.get();
            read++;
            if (!inEvent) {
                complete = read;
            }
        }
    }

    private void append(ByteBuffer piece, int length) {
        if (line.length < lineLength + length) {
            line = Arrays.copyOf(line, Math.max(lineLength + length, line.length * 2));
        }
        piece.get(line, lineLength, length);
        lineLength += length;
        read += length;
    }

    /** Bytes read so far that end between two events. */
    public long complete() {
        return complete;
    }

    /** Bytes read so far; while the sink is told of an event, up to its last byte but for the LF of a CRLF. */
    long read() {
        return read;
    }

    /** Whether an event was larger than {@value #EVENT_LIMIT} bytes; nothing more is read then. */
    public boolean overflowed() {
        return overflowed;
    }

    /** The {@code id} in force for the last event. */
    public String lastEventId() {
        return lastId;
    }

    private void endLine() {
        int from = read == lineLength + 1L && startsWithBom() ? BOM.length : 0;
        if (lineLength == from) {
            dispatch();
        } else {
            inEvent |= line[from] != ':';
            field(from);
        }
        lineLength = 0;
        if (!inEvent) {
            complete = read;
        }
    }

    private boolean startsWithBom() {
        return lineLength >= BOM.length && Arrays.equals(line, 0, BOM.length, BOM, 0, BOM.length);
    }

    private void field(int from) {
        int colon = from;
        while (colon < lineLength && line[colon] != ':') {
            colon++;
        }
        int value = Math.min(lineLength, colon + 1);
        if (value < lineLength && line[value] == ' ') {
            value++;
        }
        if (isField("data", from, colon)) {
            data(value);
        } else if (isField("event", from, colon)) {
            name = new String(line, value, lineLength - value, StandardCharsets.UTF_8);
        } else if (isField("id", from, colon)) {
            String id = new String(line, value, lineLength - value, StandardCharsets.UTF_8);
            pendingId = id.indexOf('\0') < 0 ? id : pendingId;
        }
    }

    private boolean isField(String field, int from, int to) {
        if (to - from != field.length()) {
            return false;
        }
        for (int i = 0; i < field.length(); i++) {
            if (line[from + i] != field.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private void data(int value) {
        if (hasData) {
            data = append(data, dataLength, (byte) '\n');
            dataLength++;
        }
        hasData = true;
        int length = lineLength - value;
        if (data.length < dataLength + length) {
            data = Arrays.copyOf(data, Math.max(dataLength + length, data.length * 2));
        }
        System.arraycopy(line, value, data, dataLength, length);
        dataLength += length;
    }

    private void dispatch() {
        lastId = pendingId;
        if (hasData) {
            sink.event(name, data, dataLength);
        }
        name = "";
        dataLength = 0;
        hasData = false;
        inEvent = false;
    }

    private static byte[] append(byte[] buffer, int at, byte b) {
        byte[] roomy = at < buffer.length ? buffer : Arrays.copyOf(buffer, buffer.length * 2);
        roomy[at] = b;
        return roomy;
    }
}
