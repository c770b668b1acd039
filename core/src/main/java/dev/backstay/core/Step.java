package dev.backstay.core;

import java.util.Locale;

/** What the driver does next. */
public sealed interface Step {

    /** Nothing new: go on as before. */
    Step CARRY_ON = new CarryOn();

    record CarryOn() implements Step {}

    /** Send the request as this attempt, report its phases, and close it when {@link Attempt#clockNanos} passes. */
    record Send(Attempt attempt) implements Step {}

    /**
     * Come back with {@link Signal#WOKE} at this moment, or earlier if the call's {@link Waker} is called.
     *
     * @param untilNanos when
     * @param why what it waits for
     */
    record Wait(long untilNanos, Why why) implements Step {}

    /** Hand the caller what was held back, and from now on each piece as it comes. There is no way back. */
    record Deliver(Attempt attempt) implements Step {}

    /** It is over: close what is open, and tell the caller. */
    record Finish(Result result) implements Step {}

    /** What a call waits for. */
    enum Why {
        /** Between two tries. */
        BACKOFF,
        /** The server said when to come back. */
        SERVER_HINT,
        /** The target is silent; calls are parked until a probe finds it. */
        GATE_SHUT,
        /** The target is back and takes parked calls one after the other. */
        GATE_REOPENING;

        /** The word used in metrics and reports. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
