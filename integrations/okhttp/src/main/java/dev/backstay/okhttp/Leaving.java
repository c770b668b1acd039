package dev.backstay.okhttp;

import dev.backstay.client.Cancellation;
import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import okhttp3.Call;
import okhttp3.EventListener;

/**
 * Ends a call of Backstay when its OkHttp call is cancelled, even while its answer is read. Passes on the few events there are where
 * Backstay sends; what happens on the wire is heard by whoever listens to its attempts.
 */
final class Leaving extends EventListener {

    /** Bounded by the calls that somebody still holds. */
    private static final Map<Call, Cancellation> CALLS = Collections.synchronizedMap(new WeakHashMap<>());

    private final EventListener next;

    Leaving(EventListener next) {
        this.next = next;
    }

    /** How to leave what this call becomes. */
    static Cancellation of(Call call) {
        return CALLS.computeIfAbsent(call, known -> new Cancellation());
    }

    @Override
    public void callStart(Call call) {
        next.callStart(call);
    }

    @Override
    public void callEnd(Call call) {
        next.callEnd(call);
    }

    @Override
    public void callFailed(Call call, IOException failure) {
        next.callFailed(call, failure);
    }

    @Override
    public void canceled(Call call) {
        next.canceled(call);
        of(call).cancel();
    }
}
