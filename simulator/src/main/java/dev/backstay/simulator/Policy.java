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

    /**
     * A call that arrives.
     *
     * @param number of the call in its world
     * @param ask as the provider will see it
     * @param request as the engine sees it
     * @param waker asks the call to look again
     * @param random the call's chance
     */
    record Arrival(long number, Ask ask, Request request, Waker waker, RandomGenerator random) {
        /** The same call, asked for in another way. */
        public Arrival with(Request other) {
            return new Arrival(number, ask, other, waker, random);
        }

        /** The same call with other chance. */
        public Arrival with(RandomGenerator other) {
            return new Arrival(number, ask, request, waker, other);
        }
    }

    /** Begins a call. */
    Caller begin(Arrival arrival);
}
