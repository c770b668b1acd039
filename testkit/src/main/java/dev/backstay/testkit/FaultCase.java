package dev.backstay.testkit;

import java.util.List;
import java.util.Optional;

/**
 * A row of the table of faults: what an API does to a request, and what the caller then gets from Backstay.
 *
 * @param name in the table
 * @param kind how the caller asks
 * @param first what the first target does with each request
 * @param place where the first target is, if it cannot even be reached
 * @param gets what the caller gets
 * @param withinMillis from asking to the end of that
 * @param attempts who was asked, in order: A and B are targets, L takes longer prompts
 * @param elsewhere whether only another target can help; asking the same one again cannot
 */
public record FaultCase(
        String name,
        Kind kind,
        RawServer.Script first,
        Optional<Place.Maker> place,
        Gets gets,
        int withinMillis,
        List<String> attempts,
        boolean elsewhere) {

    /** What the caller gets. */
    public enum Gets {
        /** The whole answer, from another target or another try. */
        ANSWER("the answer"),
        /** Part of it, and then an event that says what broke; the transfer does not end cleanly. */
        BREAK("its beginning, then a visible error"),
        /** What the API said, as it said it. */
        REFUSAL("the API's refusal"),
        /** What was delivered, and the rest from another target. */
        REST("its beginning, and the rest from B"),
        /** An answer that a filter stopped. */
        FILTERED("that answer, which is not routed around"),
        /** The answer, although an event of it cannot be read. */
        WITHOUT_EVENT("the answer, without that event"),
        /** The answer with the end marker that the API did not send. */
        WITH_DONE("the answer, and [DONE]");

        private final String words;

        Gets(String words) {
            this.words = words;
        }

        /** As the guide has it. */
        public String words() {
            return words;
        }
    }

    /** How the caller asks. */
    public enum Kind {
        /** Not streamed. */
        JSON("", false),
        /** A stream, each event as it comes. */
        LIVE("live", true),
        /** A stream, only when it is whole. */
        WHOLE("whole", true),
        /** A stream that goes on where it breaks. */
        RESUME("resume", true);

        private final String policy;
        private final boolean streamed;

        Kind(String policy, boolean streamed) {
            this.policy = policy;
            this.streamed = streamed;
        }

        /** The value of the header {@code Backstay-Stream}; empty for none. */
        public String policy() {
            return policy;
        }

        /** Whether the caller asks for events. */
        public boolean streamed() {
            return streamed;
        }

        /** As the guide has it. */
        public String words() {
            return this == JSON ? "no stream" : policy;
        }
    }

    @Override
    public String toString() {
        return name + ", " + kind.words();
    }
}
