package dev.backstay.core;

/**
 * How a call ended.
 *
 * <p>Its records are immutable.
 */
public sealed interface Result {

    /**
     * The caller has the whole answer.
     *
     * @param usage of all attempts that said what they used, so also of parts of an answer that was put together
     */
    record Succeeded(Usage usage) implements Result {}

    /**
     * The caller has no answer, or only part of one.
     *
     * @param failure the last thing that went wrong
     * @param reason why it was not tried again
     * @param delivered whether the caller has part of an answer
     */
    record Failed(Failure failure, GiveUp reason, boolean delivered) implements Result {}

    /** Whether the caller has the whole answer. */
    default boolean succeeded() {
        return this instanceof Succeeded;
    }
}
