package dev.backstay.client;

import dev.backstay.core.AddressTry;
import dev.backstay.core.Phase;

/** Sends one attempt and opens its answer, on the thread that asks: over sockets, or to a simulated provider. */
public interface Sender {

    /**
     * Sends an attempt and waits for the head of its answer, at most until {@link Journey#clockNanos()}.
     *
     * @return the answer, good or not; whoever gets it closes it
     * @throws Broken if no head came
     * @throws InterruptedException if the thread was interrupted; the attempt is closed then
     */
    Incoming send(Ask ask, Journey journey) throws InterruptedException, Broken;

    /** Where an attempt tells how far it is, and asks how long it may take. Thread-safe. */
    interface Journey {

        /** It is in this phase now. */
        void entered(Phase phase);

        /** An address of the host was tried. */
        void tried(AddressTry what);

        /** Bytes of the request move. */
        void moved();

        /** Where it is. */
        Phase phase();

        /** When the clock of its phase runs out. Moves with every {@link #entered} and {@link #moved}. */
        long clockNanos();

        /** How to close it from another thread. It is used at once if the call was left before. */
        void closer(Runnable closer);

        /**
         * The clock ran out while nobody was asking for the next bytes, so that there is nobody to tell. The caller has part of
         * the answer and does not read on.
         */
        void abandoned();
    }
}
