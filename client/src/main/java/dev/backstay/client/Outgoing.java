package dev.backstay.client;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/**
 * A body on its way, each piece of which is progress. A file of ours that cannot be read is thrown as it is, and is no fault of the
 * network.
 */
final class Outgoing extends RequestBody {

    private final Body body;
    private final Trip trip;

    Outgoing(Body body, Trip trip) {
        this.body = body;
        this.trip = trip;
    }

    @Override
    public @Nullable MediaType contentType() {
        return body.type().isEmpty() ? null : MediaType.get(body.type());
    }

    @Override
    public long contentLength() {
        try {
            return body.length();
        } catch (IOException disk) {
            throw new UncheckedIOException(disk);
        }
    }

    /** So that OkHttp never sends it again by itself. */
    @Override
    public boolean isOneShot() {
        return true;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
        Upload upload = new Upload(sink.outputStream(), trip);
        try {
            body.writeTo(upload);
        } catch (IOException broken) {
            if (upload.broken) {
                throw broken;
            }
            throw new UncheckedIOException(broken);
        }
    }

    private static final class Upload extends FilterOutputStream {
        private static final int PIECE = 64 * 1024;

        private final Trip trip;
        private boolean broken;

        private Upload(OutputStream out, Trip trip) {
            super(out);
            this.trip = trip;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void flush() throws IOException {
            broken = true;
            out.flush();
            broken = false;
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            for (int done = 0; done < length; done += PIECE) {
                broken = true;
                out.write(bytes, from + done, Math.min(PIECE, length - done));
                broken = false;
                trip.moved();
            }
        }
    }
}
