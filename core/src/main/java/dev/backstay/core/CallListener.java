package dev.backstay.core;

import java.util.List;

/**
 * Hears every signal and every step of every call. Metrics, traces, the ledger and assertions are folds over it; there is
 * no second instrumentation.
 *
 * <p>The law: it is called on the call's thread, inside the step. It must be quick, must not block, and must not throw.
 *
 * <p>One listener hears all calls of an engine, each on its own thread, so it must be thread-safe.
 */
@FunctionalInterface
public interface CallListener {

    /** Hears nothing. */
    CallListener NONE = (nowNanos, call, signal, step) -> {};

    /** The call was told {@code signal} at {@code nowNanos} and answered {@code step}. */
    void heard(long nowNanos, Call call, Signal signal, Step step);

    /** One that passes everything on to each of these, in order. */
    static CallListener all(List<CallListener> listeners) {
        List<CallListener> each = List.copyOf(listeners);
        return (nowNanos, call, signal, step) -> {
            for (CallListener listener : each) {
                listener.heard(nowNanos, call, signal, step);
            }
        };
    }
}
