package dev.backstay.gateway;

import dev.backstay.testkit.Place;
import dev.backstay.testkit.RawServer;
import java.util.List;
import java.util.Optional;

/**
 * One row of the table of faults in the guide: what the first target does, and what the caller then gets.
 *
 * @param name in the table
 * @param kind how the caller asks
 * @param first what the first target does with each request
 * @param place where the first target is, if it cannot even be reached
 * @param gets what the caller gets
 * @param withinMillis from asking to the end of that
 * @param attempts who was asked, in order: A and B are targets, L takes longer prompts
 */
record Fault(
        String name,
        Kind kind,
        RawServer.Script first,
        Optional<Place.Maker> place,
        String gets,
        int withinMillis,
        List<String> attempts) {

    /** How the caller asks. */
    enum Kind {
        /** Not streamed. */
        JSON("", false),
        /** A stream, each event as it comes. */
        LIVE("live", true),
        /** A stream, only when it is whole. */
        WHOLE("whole", true),
        /** A stream that goes on where it breaks. */
        RESUME("resume", true);

        final String policy;
        final boolean streamed;

        Kind(String policy, boolean streamed) {
            this.policy = policy;
            this.streamed = streamed;
        }

        String words() {
            return this == JSON ? "no stream" : policy;
        }
    }

    @Override
    public String toString() {
        return name + ", " + kind.words();
    }
}
