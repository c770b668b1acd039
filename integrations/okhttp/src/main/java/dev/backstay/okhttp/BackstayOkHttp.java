package dev.backstay.okhttp;

import dev.backstay.client.Backstay;
import okhttp3.Dispatcher;
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
 * too, as above, and each attempt has its TLS, proxy, DNS, connections and network interceptors, and the tags of its request. Its event
 * listener hears a call begin and end once, with the connections, requests and answers of all attempts between, as it hears OkHttp's own
 * retries. Its application interceptors see calls, as before, if they were added before.
 */
public final class BackstayOkHttp {

    /** Calls that may be under way, most of which wait. */
    private static final int WAITING = 256;

    private BackstayOkHttp() {}

    /**
     * A client like this one whose requests below the base URL are calls of Backstay. They share a pool, and a dispatcher if somebody has
     * set its limits; else this one has a dispatcher of its own, on the same threads, with room for {@value #WAITING} calls of a host,
     * because a call that waits for its next attempt would hold one of OkHttp's five places.
     */
    public static OkHttpClient install(OkHttpClient client, Backstay backstay) {
        return client.newBuilder()
                .addInterceptor(new BackstayInterceptor(backstay))
                .dispatcher(dispatcher(client.dispatcher()))
                .eventListenerFactory(call ->
                        Leaving.listener(call, client.eventListenerFactory().create(call)))
                .build();
    }

    private static Dispatcher dispatcher(Dispatcher theirs) {
        Dispatcher usual = new Dispatcher();
        boolean set = theirs.getMaxRequestsPerHost() != usual.getMaxRequestsPerHost()
                || theirs.getMaxRequests() != usual.getMaxRequests();
        if (set) {
            return theirs;
        }
        Dispatcher roomy = new Dispatcher(theirs.executorService());
        roomy.setMaxRequests(WAITING);
        roomy.setMaxRequestsPerHost(WAITING);
        return roomy;
    }
}
