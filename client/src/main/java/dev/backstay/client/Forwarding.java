package dev.backstay.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.util.List;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.EventListener;
import okhttp3.Handshake;
import okhttp3.HttpUrl;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * An event listener of OkHttp that tells another one everything, so that whoever listened before still hears it. If what it hears is a part
 * of another call, the other one hears it as that call's, and neither its beginning nor its end, as with OkHttp's own retries.
 */
public abstract class Forwarding extends EventListener {

    private EventListener next = EventListener.NONE;
    private @Nullable Call part;

    /** The one to tell; said before the first event. */
    public EventListener tellAlso(EventListener other) {
        next = other;
        return this;
    }

    /** The one to tell, and the call that all this is a part of; said before the first event. */
    EventListener tellAsPartOf(HostCall whole) {
        part = whole.call();
        return tellAlso(whole.listener());
    }

    private Call told(Call call) {
        Call whole = part;
        return whole == null ? call : whole;
    }

    @Override
    public void callStart(Call call) {
        if (part == null) {
            next.callStart(call);
        }
    }

    @Override
    public void proxySelectStart(Call call, HttpUrl url) {
        next.proxySelectStart(told(call), url);
    }

    @Override
    public void proxySelectEnd(Call call, HttpUrl url, List<Proxy> proxies) {
        next.proxySelectEnd(told(call), url, proxies);
    }

    @Override
    public void dnsStart(Call call, String domainName) {
        next.dnsStart(told(call), domainName);
    }

    @Override
    public void dnsEnd(Call call, String domainName, List<InetAddress> addresses) {
        next.dnsEnd(told(call), domainName, addresses);
    }

    @Override
    public void connectStart(Call call, InetSocketAddress address, Proxy proxy) {
        next.connectStart(told(call), address, proxy);
    }

    @Override
    public void secureConnectStart(Call call) {
        next.secureConnectStart(told(call));
    }

    @Override
    public void secureConnectEnd(Call call, @Nullable Handshake handshake) {
        next.secureConnectEnd(told(call), handshake);
    }

    @Override
    public void connectEnd(Call call, InetSocketAddress address, Proxy proxy, @Nullable Protocol protocol) {
        next.connectEnd(told(call), address, proxy, protocol);
    }

    @Override
    public void connectFailed(
            Call call, InetSocketAddress address, Proxy proxy, @Nullable Protocol protocol, IOException failure) {
        next.connectFailed(told(call), address, proxy, protocol, failure);
    }

    @Override
    public void connectionAcquired(Call call, Connection connection) {
        next.connectionAcquired(told(call), connection);
    }

    @Override
    public void connectionReleased(Call call, Connection connection) {
        next.connectionReleased(told(call), connection);
    }

    @Override
    public void requestHeadersStart(Call call) {
        next.requestHeadersStart(told(call));
    }

    @Override
    public void requestHeadersEnd(Call call, Request request) {
        next.requestHeadersEnd(told(call), request);
    }

    @Override
    public void requestBodyStart(Call call) {
        next.requestBodyStart(told(call));
    }

    @Override
    public void requestBodyEnd(Call call, long bytes) {
        next.requestBodyEnd(told(call), bytes);
    }

    @Override
    public void requestFailed(Call call, IOException failure) {
        next.requestFailed(told(call), failure);
    }

    @Override
    public void responseHeadersStart(Call call) {
        next.responseHeadersStart(told(call));
    }

    @Override
    public void responseHeadersEnd(Call call, Response response) {
        next.responseHeadersEnd(told(call), response);
    }

    @Override
    public void responseBodyStart(Call call) {
        next.responseBodyStart(told(call));
    }

    @Override
    public void responseBodyEnd(Call call, long bytes) {
        next.responseBodyEnd(told(call), bytes);
    }

    @Override
    public void responseFailed(Call call, IOException failure) {
        next.responseFailed(told(call), failure);
    }

    @Override
    public void callEnd(Call call) {
        if (part == null) {
            next.callEnd(call);
        }
    }

    @Override
    public void callFailed(Call call, IOException failure) {
        if (part == null) {
            next.callFailed(call, failure);
        }
    }

    @Override
    public void canceled(Call call) {
        if (part == null) {
            next.canceled(call);
        }
    }

    @Override
    public void satisfactionFailure(Call call, Response response) {
        if (part == null) {
            next.satisfactionFailure(call, response);
        }
    }

    @Override
    public void cacheHit(Call call, Response response) {
        next.cacheHit(told(call), response);
    }

    @Override
    public void cacheMiss(Call call) {
        next.cacheMiss(told(call));
    }

    @Override
    public void cacheConditionalHit(Call call, Response cached) {
        next.cacheConditionalHit(told(call), cached);
    }
}
