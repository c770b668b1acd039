package dev.backstay.client;

import dev.backstay.core.Cutoff;
import dev.backstay.core.Priority;
import dev.backstay.core.Workload;
import java.time.Duration;
import java.util.Optional;

/**
 * What is special about one call.
 *
 * <p>Immutable.
 *
 * @param workload what kind of work it is; without one, what the settings say, or what can be seen from the request
 * @param timeouts changes to the clocks of the workload; they go before those of the settings
 * @param priority who goes first when not all can
 * @param cancellation how to leave it from another thread
 * @param sparesStreams whether the limit for the whole call is a host's, which bounds silence, and does not end a stream that moves
 */
public record CallOptions(
        Optional<Workload> workload,
        Clocks timeouts,
        Priority priority,
        Optional<Cancellation> cancellation,
        boolean sparesStreams) {

    /** Nothing. */
    public static final CallOptions DEFAULT =
            new CallOptions(Optional.empty(), Clocks.USUAL, Priority.DEFAULT, Optional.empty(), false);

    /** A call of this workload. */
    public static CallOptions of(Workload workload) {
        return DEFAULT.with(workload);
    }

    /** A call that may take so long, all attempts and waits together. */
    public static CallOptions within(Duration total) {
        return DEFAULT.with(Clocks.within(total));
    }

    /** The same, of this workload. */
    public CallOptions with(Workload kind) {
        return new CallOptions(Optional.of(kind), timeouts, priority, cancellation, sparesStreams);
    }

    /** The same, with these clocks. */
    public CallOptions with(Clocks clocks) {
        return new CallOptions(workload, clocks, priority, cancellation, sparesStreams);
    }

    /** The same, with this priority. */
    public CallOptions with(Priority who) {
        return new CallOptions(workload, timeouts, who, cancellation, sparesStreams);
    }

    /** The same, that can be left so. */
    public CallOptions with(Cancellation how) {
        return new CallOptions(workload, timeouts, priority, Optional.of(how), sparesStreams);
    }

    /** The same, whose limit for the whole call does not end a stream that moves. */
    public CallOptions sparingStreams() {
        return new CallOptions(workload, timeouts, priority, cancellation, true);
    }

    /** What the deadline of such a call ends, with these settings. */
    Cutoff cutoff(Settings settings) {
        if (settings.timeouts().total().isPresent() || timeouts.total().isPresent() && !sparesStreams) {
            return Cutoff.EVERYTHING;
        }
        boolean somebodySaid = timeouts.total().isPresent()
                || workload.isPresent()
                || settings.workload().isPresent();
        return somebodySaid ? Cutoff.SILENCE : Cutoff.NEXT_ATTEMPT;
    }
}
