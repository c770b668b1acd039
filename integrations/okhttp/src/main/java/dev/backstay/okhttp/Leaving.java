package dev.backstay.okhttp;

import dev.backstay.client.Cancellation;
import dev.backstay.client.Forwarding;
import dev.backstay.client.HostCall;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.WeakHashMap;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Request;

/** Ends a call of Backstay when its OkHttp call is cancelled, even while its answer is read; and knows who listens to that call. */
final class Leaving extends Forwarding {

    /** Bounded by the calls that somebody still holds; a call holds its listener. */
    private static final Map<Call, WeakReference<Leaving>> CALLS = new WeakHashMap<>();

    private final Cancellation cancellation = new Cancellation();
    private EventListener listener = EventListener.NONE;

    private static Leaving of(Call call) {
        synchronized (CALLS) {
            WeakReference<Leaving> known = CALLS.get(call);
            Leaving leaving = known == null ? null : known.get();
            if (leaving == null) {
                leaving = new Leaving();
                CALLS.put(call, new WeakReference<>(leaving));
            }
            return leaving;
        }
    }

    /** What hears this call from now on, and tells another one. */
    static EventListener listener(Call call, EventListener also) {
        Leaving leaving = of(call);
        leaving.listener = also;
        return leaving.tellAlso(also);
    }

    /** How to leave what this call becomes. */
    static Cancellation cancellation(Call call) {
        return of(call).cancellation;
    }

    /** This call, for the attempts that are made for it. */
    static HostCall host(Call call, Request request) {
        return new HostCall(call, request, of(call).listener);
    }

    @Override
    public void canceled(Call call) {
        super.canceled(call);
        cancellation.cancel();
    }
}
