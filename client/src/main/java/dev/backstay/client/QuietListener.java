package dev.backstay.client;

import dev.backstay.core.Call;
import dev.backstay.core.CallListener;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import java.util.concurrent.atomic.AtomicBoolean;

/** A listener whose faults are its own: it is told of once, and the calls and the other listeners go on. */
record QuietListener(CallListener listener, AtomicBoolean warned) implements CallListener {

    private static final System.Logger LOG = System.getLogger("dev.backstay.client");

    QuietListener(CallListener listener) {
        this(listener, new AtomicBoolean());
    }

    @Override
    public void heard(long nowNanos, Call call, Signal signal, Step step) {
        try {
            listener.heard(nowNanos, call, signal, step);
        } catch (RuntimeException | Error fault) {
            if (warned.compareAndSet(false, true)) {
                LOG.log(System.Logger.Level.WARNING, "a listener of calls has failed, and may have lost count", fault);
            }
        }
    }
}
