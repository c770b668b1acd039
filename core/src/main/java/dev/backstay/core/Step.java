package dev.backstay.core;

import java.util.Locale;

/**
 * What the driver does next.
 *
 * <p>Its records are immutable; an {@link Attempt} in one belongs to the thread of its call.
 */
public sealed interface Step {

    /** Nothing new: go on as before. */
    Step CARRY_ON = new CarryOn();

    record CarryOn() implements Step {}

    /** Send the request as this attempt, report its phases, and close it when {@link Attempt#clockNanos} passes. */
    record Send(Attempt attempt) implements Step {}

    /**
     * Come back with {@link Signal#WOKE} at this moment, even if an attempt is under way, or earlier if the call's {@link Waker} is called.
     *
     * @param untilNanos when
     * @param why what it waits for
     */
    record Wait(long untilNanos, Why why) implements Step {}

    /**
     * Hand the caller what was held back, and from now on each piece as it comes; close all other attempts. There is no way
     * back. An attempt that {@linkplain Attempt#seam continues} an answer is delivered behind what was delivered before.
     */
    record Deliver(Attempt attempt) implements Step {}

    /** This attempt won a race, but its answer is still held back: close the others. */
    record Keep(Attempt attempt) implements Step {}

    /**
     * It is over: close what is open, and tell the caller. After a success whatever was still held back of the answer is
     * delivered first.
     */
    record Finish(Result result) implements Step {}

    /** What a call waits for. */
    enum Why {
        /** Between two tries. */
        BACKOFF("a pause between two tries, by chance, so that not all come back together"),
        /** The server said when to come back. */
        SERVER_HINT("the server said when to come back"),
        /** The target is silent; calls are parked until a probe finds it. */
        GATE_SHUT("the target is silent; calls wait until a probe finds it"),
        /** The target is back and takes parked calls one after the other. */
        GATE_REOPENING("the target is back and takes what has waited one by one"),
        /** The limits of the target leave no room yet. */
        LIMITED("the limits of the target leave no room yet"),
        /** A first token is late; a second attempt may race it. */
        HEDGE("the first token is late; a second attempt may race it");

        private final String reason;

        Why(String reason) {
            this.reason = reason;
        }

        /** Why a call waits, for people. */
        public String reason() {
            return reason;
        }

        /** What it means for a call whose deadline came meanwhile. */
        String words() {
            return switch (this) {
                case GATE_SHUT -> "which does not answer";
                case GATE_REOPENING -> "which takes its backlog one by one";
                case LIMITED -> "whose limits left no room";
                default -> "which failed";
            };
        }

        /** The word used in metrics and reports. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
