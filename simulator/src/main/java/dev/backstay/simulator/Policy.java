package dev.backstay.simulator;

import dev.backstay.core.Request;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Waker;
import java.util.random.RandomGenerator;

/** Somebody who leads calls: Backstay, or a rival that it is compared with. */
@FunctionalInterface
public interface Policy {

    /** Leads one call, as {@link dev.backstay.core.Call#on} does. */
    @FunctionalInterface
    interface Caller {
        Step on(Signal signal, long nowNanos);
    }

    /** Begins a call. */
    Caller begin(Request request, Waker waker, RandomGenerator random);
}
