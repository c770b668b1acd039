package dev.backstay.openai;

import com.openai.core.http.HttpRequest;
import com.openai.core.http.HttpRequestBody;
import dev.backstay.client.Ask;
import dev.backstay.client.Body;
import dev.backstay.wire.Classifier;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.URI;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The SDK's requests in our words. */
final class SdkRequest {

    /** Bodies up to this size are read once and kept for further tries. */
    private static final int KEPT_LIMIT = 64 * 1024 * 1024;

    private SdkRequest() {}

    static Ask ask(HttpRequest request, Classifier classifier) {
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String name : request.headers().names()) {
            headers.put(name, String.join(", ", request.headers().values(name)));
        }
        HttpRequestBody body = request.body();
        Ask ask = Ask.of(request.method().name(), URI.create(request.url()), headers, body(body), classifier);
        boolean once = body != null && !isKept(body) && !body.repeatable();
        return once ? ask.withBodyOfOneUse() : ask;
    }

    /** Nobody needs its body any more. */
    static void close(HttpRequest request) {
        HttpRequestBody body = request.body();
        if (body != null) {
            body.close();
        }
    }

    private static boolean isKept(HttpRequestBody body) {
        return body.contentLength() >= 0 && body.contentLength() <= KEPT_LIMIT;
    }

    private static Body body(@Nullable HttpRequestBody body) {
        if (body == null) {
            return Body.NONE;
        }
        String type = body.contentType() == null ? "application/octet-stream" : body.contentType();
        if (!isKept(body)) {
            return new Unkept(type, body);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream((int) body.contentLength());
        body.writeTo(bytes);
        return new Body.Bytes(type, bytes.toByteArray());
    }

    /** Too large to keep. */
    private record Unkept(String type, HttpRequestBody body) implements Body {
        @Override
        public long length() {
            return body.contentLength();
        }

        @Override
        public void writeTo(OutputStream out) {
            body.writeTo(out);
        }
    }
}
