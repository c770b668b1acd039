package dev.backstay.core;

/** How an attempt ended. Made once, where it is known; every decider hears the same one. */
public sealed interface Outcome {

    /**
     * The answer is complete.
     *
     * @param usage what the server counted, {@link Usage#NONE} if it did not say
     */
    record Completed(Usage usage) implements Outcome {
        /** Complete, and the server counted nothing. */
        public static final Completed UNCOUNTED = new Completed(Usage.NONE);
    }

    /**
     * It failed.
     *
     * @param failure why
     */
    record Failed(Failure failure) implements Outcome {}
}
