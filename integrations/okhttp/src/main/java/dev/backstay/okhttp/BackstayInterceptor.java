package dev.backstay.okhttp;

import dev.backstay.client.Ask;
import dev.backstay.client.Backstay;
import dev.backstay.client.Body;
import dev.backstay.client.CallFailed;
import dev.backstay.client.CallOptions;
import dev.backstay.client.LiveReply;
import dev.backstay.client.Reply;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Buffer;
import okio.BufferedSink;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/** Answers requests below Backstay's base URL with its calls, and lets others pass. Thread-safe. */
final class BackstayInterceptor implements Interceptor {

    /** Bodies up to this size are read once and kept for further tries. */
    private static final int KEPT_LIMIT = 64 * 1024 * 1024;

    private static final long UNKNOWN_LENGTH = -1;

    private final Backstay backstay;
    private final String base;

    BackstayInterceptor(Backstay backstay) {
        this.backstay = backstay;
        this.base = HttpUrl.get(backstay.settings().url().toString().replaceAll("/+$", "") + "/")
                .toString();
    }

    /** @throws IOException if there is no answer; its cause is a {@link CallFailed} */
    @Override
    public Response intercept(Chain chain) throws IOException {
        Request request = chain.request();
        if (!request.url().toString().startsWith(base)) {
            return chain.proceed(request);
        }
        CallOptions options = CallOptions.DEFAULT.with(Leaving.cancellation(chain.call()));
        try {
            Ask ask = ask(request).answering(Leaving.host(chain.call(), request));
            return live(request, backstay.stream(ask, options));
        } catch (CallFailed failed) {
            return refused(request, failed);
        } catch (IllegalArgumentException | IllegalStateException wrong) {
            throw new IOException(wrong.getMessage(), wrong); // OkHttp knows what to do with no other exception
        }
    }

    private Ask ask(Request request) throws IOException {
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        request.headers().toMultimap().forEach((name, values) -> headers.put(name, String.join(", ", values)));
        RequestBody body = request.body();
        Ask ask = Ask.of(
                request.method(),
                request.url().uri(),
                headers,
                body(body),
                backstay.settings().provider().classifier());
        return body != null && !isKept(body) && body.isOneShot() ? ask.withBodyOfOneUse() : ask;
    }

    private static boolean isKept(RequestBody body) throws IOException {
        return body.contentLength() >= 0 && body.contentLength() <= KEPT_LIMIT;
    }

    private static Body body(@Nullable RequestBody body) throws IOException {
        if (body == null) {
            return Body.NONE;
        }
        MediaType type = body.contentType();
        String name = type == null ? "application/octet-stream" : type.toString();
        if (!isKept(body)) {
            return new Unkept(name, body);
        }
        Buffer bytes = new Buffer();
        body.writeTo(bytes);
        return new Body.Bytes(name, bytes.readByteArray());
    }

    private static Response live(Request request, LiveReply live) {
        return response(request, live.status(), live.headers(), live.body());
    }

    private static Response refused(Request request, CallFailed failed) throws IOException {
        Reply answer = failed.asAnswer().orElseThrow(() -> new IOException(failed.getMessage(), failed));
        return response(request, answer.status(), answer.headers(), new ByteArrayInputStream(answer.body()));
    }

    private static Response response(Request request, int status, Map<String, List<String>> headers, InputStream body) {
        Headers.Builder head = new Headers.Builder();
        headers.forEach((name, values) -> values.forEach(value -> head.addUnsafeNonAscii(name, value)));
        Headers all = head.build();
        String type = all.get("content-type");
        return new Response.Builder()
                .request(request)
                .protocol(Protocol.HTTP_1_1)
                .code(status)
                .message("")
                .headers(all)
                .body(ResponseBody.create(
                        Okio.buffer(Okio.source(body)), type == null ? null : MediaType.parse(type), UNKNOWN_LENGTH))
                .build();
    }

    /** Too large to keep. */
    private record Unkept(String type, RequestBody body) implements Body {
        @Override
        public long length() throws IOException {
            return body.contentLength();
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            BufferedSink sink = Okio.buffer(Okio.sink(out));
            body.writeTo(sink);
            sink.flush();
        }
    }
}
