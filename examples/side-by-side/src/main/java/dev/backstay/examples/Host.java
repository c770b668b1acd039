package dev.backstay.examples;

/** One way to ask for an answer, as an application would. */
interface Host {

    /**
     * What the host handed over as an answer.
     *
     * @param text the text
     * @param finished whether it came with a reason why the model stopped, so that it is whole
     */
    record Said(String text, boolean finished) {}

    /** Asks, and waits; throws if the host says that there is no answer. */
    Said ask(String question, boolean streamed) throws Exception;
}
