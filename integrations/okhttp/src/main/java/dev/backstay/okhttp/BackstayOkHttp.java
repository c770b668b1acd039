package dev.backstay.okhttp;

import dev.backstay.client.Backstay;
import okhttp3.OkHttpClient;

/**
 * Makes an OkHttp client reliable.
 *
 * <pre>{@code
 * Backstay backstay = Backstay.builder().baseUrl("https://api.fireworks.ai/inference/v1").okHttpClient(mine).build();
 * OkHttpClient reliable = BackstayOkHttp.install(mine, backstay);      // and from here on everything is as before
 * }</pre>
 *
 * <p>Requests below the base URL become calls of Backstay, with the clocks of its settings: the client's own timeouts do not
 * count for them, but for the call timeout, which is a limit for the whole call, its answer included. Give the client to Backstay,
 * too, as above, and each attempt has its TLS, proxy, DNS, connections, network interceptors and event listener. Its application
 * interceptors see calls, as before, if they were added before.
 */
public final class BackstayOkHttp {

    private BackstayOkHttp() {}

    /** A client like this one whose requests below the base URL are calls of Backstay. They share a dispatcher and a pool. */
    public static OkHttpClient install(OkHttpClient client, Backstay backstay) {
        return client.newBuilder()
                .addInterceptor(new BackstayInterceptor(backstay))
                .eventListenerFactory(call ->
                        new Leaving().tellAlso(client.eventListenerFactory().create(call)))
                .build();
    }
}
