package dev.backstay.langchain4j;

import dev.backstay.client.BrokenAnswer;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.http.client.sse.ServerSentEventContext;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventListenerUtils;

/** Passes on what a stream says, and its end once: a parser that met an error comes back as if the stream had just ended. */
final class StreamListener implements ServerSentEventListener {

    private final ServerSentEventListener listener;
    private boolean over;

    StreamListener(ServerSentEventListener listener) {
        this.listener = listener;
    }

    @Override
    public void onOpen(SuccessfulHttpResponse response) {
        listener.onOpen(response);
    }

    @Override
    public void onEvent(ServerSentEvent event, ServerSentEventContext context) {
        listener.onEvent(event, context);
    }

    @Override
    public void onEvent(ServerSentEvent event) {
        listener.onEvent(event);
    }

    @Override
    public void onError(Throwable thrown) {
        if (!over) {
            over = true;
            Throwable said = thrown instanceof BrokenAnswer broken ? HttpTransport.exception(broken.failed()) : thrown;
            ServerSentEventListenerUtils.ignoringExceptions(() -> listener.onError(said));
        }
    }

    @Override
    public void onClose() {
        if (!over) {
            over = true;
            ServerSentEventListenerUtils.ignoringExceptions(listener::onClose);
        }
    }
}
