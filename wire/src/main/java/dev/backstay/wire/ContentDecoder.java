package dev.backstay.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A body that a server packed although it was asked not to, unpacked piece by piece: gzip (RFC 1952, in any number of members) and deflate
 * (RFC 1950, and RFC 1951 without its wrapping, as some servers mean it). What stands behind the last member is left out. Holds no more
 * than one piece. Not thread-safe.
 */
final class ContentDecoder {

    /** The largest piece that comes out at a time, in bytes. */
    static final int PIECE = 64 * 1024;

    private static final int HEADER_LIMIT = 64 * 1024;
    private static final int FIRST_BYTE = 0x1f;
    private static final int FIXED = 10;
    private static final int TRAILER = 8;
    private static final int HAS_CHECK = 2;
    private static final int HAS_EXTRA = 4;
    private static final int HAS_NAME = 8;
    private static final int HAS_COMMENT = 16;

    private enum Part {
        HEADER,
        BODY,
        TRAILER,
        OVER
    }

    private final boolean gzip;
    private final CRC32 check = new CRC32();
    private final ByteArrayOutputStream framing = new ByteArrayOutputStream(FIXED);
    private final byte[] plain = new byte[PIECE];
    private Inflater inflater = new Inflater(true);
    private Part part = Part.HEADER;
    private int members;

    private ContentDecoder(boolean gzip) {
        this.gzip = gzip;
    }

    /** One for this {@code Content-Encoding}; empty if there is nothing to unpack, or nobody here can. */
    static Optional<ContentDecoder> of(String coding) {
        return switch (coding.strip().toLowerCase(Locale.ROOT)) {
            case "gzip", "x-gzip" -> Optional.of(new ContentDecoder(true));
            case "deflate" -> Optional.of(new ContentDecoder(false));
            default -> Optional.empty();
        };
    }

    /**
     * Unpacks the next piece.
     *
     * @param out takes what comes out, and says whether it wants more
     * @throws IOException if it is not packed as it says
     */
    void feed(ByteBuffer piece, Predicate<ByteBuffer> out) throws IOException {
        boolean more = true;
        while (more && piece.hasRemaining() && part != Part.OVER) {
            switch (part) {
                case HEADER -> header(piece);
                case BODY -> more = body(piece, out);
                default -> trailer(piece);
            }
        }
    }

    /** Whether it has come to its end. */
    boolean isWhole() {
        return part == Part.OVER || part == Part.HEADER && framing.size() == 0;
    }

    private void header(ByteBuffer piece) throws IOException {
        if (members > 0 && framing.size() == 0 && piece.get(piece.position()) != FIRST_BYTE) {
            part = Part.OVER;
            return;
        }
        framing.write(piece.get());
        byte[] bytes = framing.toByteArray();
        if (gzip) {
            if (bytes.length >= FIXED && bytes.length == headerLength(bytes)) {
                begin(new Inflater(true));
            } else if (bytes.length > HEADER_LIMIT) {
                throw new IOException("its header does not end");
            }
        } else {
            begin(new Inflater((bytes[0] & 0x0f) != 8)); // RFC 1950: the method is 8
            inflater.setInput(bytes);
        }
    }

    private void begin(Inflater next) {
        inflater.end();
        inflater = next;
        framing.reset();
        check.reset();
        part = Part.BODY;
    }

    /** How long the header is, as far as these bytes tell; more than there are while it is not whole. */
    private static int headerLength(byte[] bytes) throws IOException {
        if (bytes[0] != FIRST_BYTE || (bytes[1] & 0xff) != 0x8b || bytes[2] != 8) {
            throw new IOException("its first bytes are not those of gzip");
        }
        int flags = bytes[3];
        int at = FIXED;
        if ((flags & HAS_EXTRA) != 0) {
            at = bytes.length < at + 2 ? bytes.length + 1 : at + 2 + (bytes[at] & 0xff) + ((bytes[at + 1] & 0xff) << 8);
        }
        at = (flags & HAS_NAME) != 0 ? behindZero(bytes, at) : at;
        at = (flags & HAS_COMMENT) != 0 ? behindZero(bytes, at) : at;
        return (flags & HAS_CHECK) != 0 ? at + 2 : at;
    }

    private static int behindZero(byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                return i + 1;
            }
        }
        return bytes.length + 1;
    }

    private boolean body(ByteBuffer piece, Predicate<ByteBuffer> out) throws IOException {
        try {
            if (inflater.needsInput()) {
                byte[] all = new byte[piece.remaining()];
                piece.get(all);
                inflater.setInput(all);
            }
            boolean more = true;
            int length = inflater.inflate(plain);
            while (length > 0 && more) {
                check.update(plain, 0, length);
                more = out.test(ByteBuffer.wrap(plain, 0, length));
                length = more ? inflater.inflate(plain) : 0;
            }
            if (inflater.finished()) {
                piece.position(piece.position() - inflater.getRemaining());
                part = gzip ? Part.TRAILER : Part.OVER;
            } else if (inflater.needsDictionary()) {
                throw new IOException("it needs a dictionary");
            }
            return more;
        } catch (DataFormatException broken) {
            throw new IOException("it cannot be unpacked", broken);
        }
    }

    private void trailer(ByteBuffer piece) throws IOException {
        framing.write(piece.get());
        if (framing.size() == TRAILER) {
            byte[] bytes = framing.toByteArray();
            long said = 0;
            for (int i = 3; i >= 0; i--) {
                said = said << 8 | bytes[i] & 0xff;
            }
            if (said != check.getValue()) {
                throw new IOException("its checksum is wrong");
            }
            framing.reset();
            members++;
            part = Part.HEADER;
        }
    }

    void close() {
        inflater.end();
    }
}
