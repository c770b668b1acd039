package dev.backstay.core;

/** What the deadline of a call ends; it depends on who declared how long the call may take. A wait and a next attempt it always ends. */
public enum Cutoff {
    /** Every attempt: somebody declared a limit for the whole call. */
    EVERYTHING,
    /** Every attempt but a stream that moves: the timeout of an SDK or a host bounds silence, and so does a workload that was named. */
    SILENCE,
    /**
     * No attempt by itself: nobody declared anything, and a guess is no proof that the answer will not come. The clocks of its phases end
     * it.
     */
    NEXT_ATTEMPT
}
