package dev.backstay.okhttp;

import dev.backstay.client.Cancellation;
import dev.backstay.client.Forwarding;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import okhttp3.Call;

/** Ends a call of Backstay when its OkHttp call is cancelled, even while its answer is read. */
final class Leaving extends Forwarding {

    /** Bounded by the calls that somebody still holds. */
    private static final Map<Call, Cancellation> CALLS = Collections.synchronizedMap(new WeakHashMap<>());

    /** How to leave what this call becomes. */
    static Cancellation of(Call call) {
        return CALLS.computeIfAbsent(call, known -> new Cancellation());
    }

    @Override
    public void canceled(Call call) {
        super.canceled(call);
        of(call).cancel();
    }
}
