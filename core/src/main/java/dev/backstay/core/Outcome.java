package dev.backstay.core;

/**
 * How an attempt ended. Made once, where it is known; every decider hears the same one.
 *
 * <p>Its records are immutable.
 */
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
     * @param usage what it used all the same, as far as is known: a server does not count for an answer that broke
     */
    record Failed(Failure failure, Usage usage) implements Outcome {
        /** It failed, and nobody knows what it used. */
        public Failed(Failure failure) {
            this(failure, Usage.NONE);
        }
    }

    /** What it used. */
    Usage usage();
}
