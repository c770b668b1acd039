package dev.backstay.simulator;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One way in which an attempt goes wrong.
 *
 * @param kind what happens
 * @param status the HTTP status of {@link Kind#STATUS}, else 0
 */
public record Fault(Kind kind, int status) {

    /** Nothing goes wrong. */
    public static final Fault NONE = new Fault(Kind.NONE, 0);

    /** Where on the journey it happens. */
    public enum Stage {
        NOWHERE,
        /** Before there is a connection. */
        CONNECTION,
        /** Instead of an answer. */
        BEFORE_ANSWER,
        /** In the middle of a good answer. */
        IN_ANSWER
    }

    /** The faults by their words in a script. */
    public enum Kind {
        NONE(Stage.NOWHERE, "healthy"),
        /** The name server takes 5 s. Over real sockets: nothing, names are not resolved there. */
        SLOW_DNS(Stage.CONNECTION, "slow-dns"),
        /** The name cannot be resolved. Over real sockets: a refused connection. */
        DNS(Stage.CONNECTION, "dns"),
        /** The connection is refused. */
        REFUSE(Stage.CONNECTION, "refuse"),
        /** SYN packets vanish. */
        BLACK_HOLE(Stage.CONNECTION, "black-hole"),
        /** The TLS handshake fails. */
        TLS(Stage.CONNECTION, "tls"),
        /** The connection is reset before the head of the answer. */
        RESET(Stage.BEFORE_ANSWER, "reset"),
        /** Nothing ever comes after the request. */
        SILENCE(Stage.BEFORE_ANSWER, "silence"),
        /** A page of the edge with status 502. */
        HTML_502(Stage.BEFORE_ANSWER, "html-502"),
        /** A 429 that says when to come back, which the platform itself does not. */
        RETRY_AFTER(Stage.BEFORE_ANSWER, "retry-after"),
        /** A dedicated deployment at zero replicas: 503, and it starts. */
        SCALING_UP(Stage.BEFORE_ANSWER, "scaling-up"),
        /** A status that says no, with the platform's body for it. */
        STATUS(Stage.BEFORE_ANSWER, "a status from 400 to 599"),
        /** A good answer whose first token takes 20 s longer. */
        SLOW_START(Stage.BEFORE_ANSWER, "slow-start"),
        /** The head of a good answer comes, then nothing. */
        SILENCE_AFTER_HEADERS(Stage.IN_ANSWER, "silence-after-headers"),
        /** The connection is reset in the middle of the answer. */
        CUT(Stage.IN_ANSWER, "cut"),
        /** The answer stops in the middle and the connection stays. */
        STALL(Stage.IN_ANSWER, "stall"),
        /** Something in the middle of the answer is not JSON. */
        MALFORMED(Stage.IN_ANSWER, "malformed"),
        /** An error object instead of the rest of a stream with status 200. */
        ERROR_EVENT(Stage.IN_ANSWER, "error-event"),
        /** The stream ends cleanly in the middle, without {@code [DONE]}. */
        NO_DONE(Stage.IN_ANSWER, "no-done");

        private final Stage stage;
        private final String word;

        Kind(Stage stage, String word) {
            this.stage = stage;
            this.word = word;
        }

        public Stage stage() {
            return stage;
        }

        public String word() {
            return word;
        }
    }

    /** Whether there is no connection at all, at once. */
    boolean isRefusal() {
        return kind == Kind.REFUSE || kind == Kind.DNS;
    }

    /** The fault with this word, or with this status. */
    static Optional<Fault> named(String word) {
        if (word.matches("[45][0-9][0-9]")) {
            return Optional.of(new Fault(Kind.STATUS, Integer.parseInt(word)));
        }
        return Arrays.stream(Kind.values())
                .filter(kind -> kind != Kind.NONE && kind != Kind.STATUS && kind.word.equals(word))
                .map(kind -> new Fault(kind, 0))
                .findFirst();
    }

    /** All words, for messages. */
    static String words() {
        return Arrays.stream(Kind.values())
                .filter(kind -> kind != Kind.NONE)
                .map(Kind::word)
                .collect(Collectors.joining(", "));
    }
}
