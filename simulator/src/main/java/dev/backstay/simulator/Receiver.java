package dev.backstay.simulator;

import java.util.function.Consumer;

/** Who gets the answer of a call in virtual time, as a caller of the gateway does. */
public interface Receiver {

    /** Whether it looks at the bytes at all; if not, they are not kept. */
    default boolean wantsBytes() {
        return false;
    }

    /** More of the answer: {@code all} from index {@code from} to {@code to}. */
    default void bytes(byte[] all, int from, int to) {}

    /** An attempt was sent. */
    default void sent(long nowNanos) {}

    /** It is over. */
    void ended(Ending how);

    /** One that only wants to know how it ended. */
    static Receiver of(Consumer<Ending> whenOver) {
        return whenOver::accept;
    }
}
