package dev.backstay.openai;

import com.openai.core.http.Headers;
import com.openai.core.http.HttpResponse;
import dev.backstay.client.LiveReply;
import dev.backstay.client.Reply;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/** Our answers in the SDK's words. */
record SdkResponse(int status, Headers head, InputStream stream, Runnable whenClosed) implements HttpResponse {

    /** One that is read as it comes. */
    static HttpResponse of(LiveReply live) {
        return new SdkResponse(live.status(), head(live.headers()), live.body(), live::close);
    }

    /** A provider's no. */
    static HttpResponse of(Reply reply) {
        return new SdkResponse(reply.status(), head(reply.headers()), new ByteArrayInputStream(reply.body()), () -> {});
    }

    private static Headers head(Map<String, List<String>> headers) {
        Headers.Builder head = Headers.builder();
        headers.forEach(head::put);
        return head.build();
    }

    @Override
    public int statusCode() {
        return status;
    }

    @Override
    public Headers headers() {
        return head;
    }

    @Override
    public InputStream body() {
        return stream;
    }

    @Override
    public void close() {
        whenClosed.run();
    }
}
