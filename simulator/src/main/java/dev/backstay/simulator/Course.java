package dev.backstay.simulator;

import java.util.Map;

/**
 * What a provider will do about one request, decided the moment its last byte arrives. {@link Generation} renders it into
 * bytes, token by token; {@link PlannedAttempt} plays it without any.
 *
 * @param kind what comes
 * @param afterNanos until the head of a refusal, the reset, or the first token
 * @param status of a refusal
 * @param refusal body of a refusal
 * @param type content type of a refusal
 * @param headers of the platform, in lower case; not the ones that every HTTP message has
 * @param gapNanos between two tokens
 * @param fault in the answer, if any
 * @param faultAt how many tokens come before it
 * @param cutNanos the answer is cut this long after the request came, or {@link #NEVER}
 * @param place held until the answer is over
 */
record Course(
        Kind kind,
        long afterNanos,
        int status,
        byte[] refusal,
        String type,
        Map<String, String> headers,
        long gapNanos,
        Fault fault,
        int faultAt,
        long cutNanos,
        Serving.Place place) {

    static final long NEVER = Long.MAX_VALUE;

    private static final byte[] NOTHING = {};

    enum Kind {
        /** Nothing ever comes. */
        SILENT,
        /** The connection is reset before the head. */
        RESET,
        /** A status that says no. */
        REFUSED,
        /** An answer, perhaps with a fault in it. */
        ANSWERED
    }

    static Course silent() {
        return without(Kind.SILENT, 0);
    }

    static Course reset(long afterNanos) {
        return without(Kind.RESET, afterNanos);
    }

    private static Course without(Kind kind, long afterNanos) {
        return new Course(kind, afterNanos, 0, NOTHING, "", Map.of(), 0, Fault.NONE, 0, NEVER, Serving.Place.NOWHERE);
    }

    static Course refused(int status, String type, byte[] body, long afterNanos, Map<String, String> headers) {
        return new Course(
                Kind.REFUSED, afterNanos, status, body, type, headers, 0, Fault.NONE, 0, NEVER, Serving.Place.NOWHERE);
    }
}
