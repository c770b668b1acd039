package dev.backstay.client;

import dev.backstay.core.Attempt;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.ServerSaid;
import java.util.Optional;

/** Sends one attempt and reads its answer, on the thread that asks: over sockets, or to a simulated provider. */
public interface Sender {

    /**
     * Sends an attempt and waits for its end, at most until its {@link Attempt#clockNanos()}.
     *
     * @throws InterruptedException if the thread was interrupted; the attempt is closed then
     */
    Sent send(Ask ask, Attempt attempt, Journey journey) throws InterruptedException;

    /** How an attempt ended. */
    sealed interface Sent {}

    /**
     * It ended by itself.
     *
     * @param outcome completed, or failed
     * @param reply the answer, if it is a good one
     */
    record Ended(Outcome outcome, Optional<Reply> reply) implements Sent {
        static Ended failed(Outcome.Failed failed) {
            return new Ended(failed, Optional.empty());
        }
    }

    /** Its clock ran out, and it was closed. */
    record Late() implements Sent {}

    /** Where an attempt tells how far it is. All methods are called under the journey's own lock or on one thread. */
    interface Journey {

        /** It is in this phase now. */
        void entered(Phase phase);

        /** Bytes move. */
        void moved();

        /** The head of an answer is here. */
        void headed(ServerSaid said);

        /** The answer is a good one, and its body follows. */
        void begun();
    }
}
