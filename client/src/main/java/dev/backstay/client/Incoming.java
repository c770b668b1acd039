package dev.backstay.client;

import java.util.List;
import java.util.Map;

/** An answer that is coming in, from its head on. Read by one thread at a time; closed by any. */
public interface Incoming {

    /** What {@link #read} says when HTTP says that the body has ended. */
    int END = -1;

    /** The HTTP status. */
    int status();

    /** The headers, names in lower case. */
    Map<String, List<String>> headers();

    /**
     * The next bytes; waits for them at most until the clock of the attempt's phase runs out.
     *
     * @return how many, at least 1, or {@link #END}
     * @throws Broken if there will be no more
     * @throws InterruptedException if the thread was interrupted; the attempt is closed then
     */
    int read(byte[] into) throws InterruptedException, Broken;

    /**
     * Nobody wants more of it.
     *
     * @param whole whether all of it was read, so that its connection can be used again
     */
    void close(boolean whole);

    /** One that is here already. */
    static Incoming of(int status, Map<String, List<String>> headers, byte[] body) {
        return new Incoming() {
            private int at;

            @Override
            public int status() {
                return status;
            }

            @Override
            public Map<String, List<String>> headers() {
                return headers;
            }

            @Override
            public int read(byte[] into) {
                int length = Math.min(into.length, body.length - at);
                System.arraycopy(body, at, into, 0, length);
                at += length;
                return length == 0 ? END : length;
            }

            @Override
            public void close(boolean whole) {
                at = body.length;
            }
        };
    }
}
