package dev.backstay.simulator;

import java.util.Map;

/** One thing that a reply does, after a pause. */
public sealed interface Act {

    /** How long after the act before it. */
    long afterNanos();

    /** The head of the answer. Header names are in lower case. */
    record Head(long afterNanos, int status, Map<String, String> headers) implements Act {}

    /** Some bytes of the body. */
    record Body(long afterNanos, byte[] bytes) implements Act {}

    /** The body ends as it should. The last act. */
    record End(long afterNanos) implements Act {}

    /** The connection is reset. The last act. */
    record Reset(long afterNanos) implements Act {}

    /** Nothing comes any more. The last act. */
    record Silence() implements Act {
        @Override
        public long afterNanos() {
            return 0;
        }
    }
}
