package dev.backstay.langchain4j;

import dev.backstay.client.Ask;
import dev.backstay.client.Body;
import dev.backstay.wire.Classifier;
import dev.langchain4j.http.client.HttpRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import okhttp3.MediaType;
import okhttp3.MultipartBody;
import okhttp3.RequestBody;
import okio.Buffer;

/** LangChain4j's requests in our words. */
final class Requests {

    private Requests() {}

    static Ask ask(HttpRequest request, Classifier classifier) {
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        request.headers().forEach((name, values) -> headers.put(name, String.join(", ", values)));
        String type = headers.getOrDefault("Content-Type", "application/json");
        return Ask.of(request.method().name(), URI.create(request.url()), headers, body(request, type), classifier);
    }

    private static Body body(HttpRequest request, String type) {
        if (!request.formDataFields().isEmpty() || !request.formDataFiles().isEmpty()) {
            return form(request);
        }
        return request.body() == null
                ? Body.NONE
                : new Body.Bytes(type, request.body().getBytes(StandardCharsets.UTF_8));
    }

    private static Body form(HttpRequest request) {
        MultipartBody.Builder form = new MultipartBody.Builder().setType(MultipartBody.FORM);
        request.formDataFields().forEach(form::addFormDataPart);
        request.formDataFiles()
                .forEach((name, file) -> form.addFormDataPart(
                        name,
                        file.fileName(),
                        RequestBody.create(file.content(), MediaType.parse(file.contentType()))));
        MultipartBody body = form.build();
        Buffer bytes = new Buffer();
        try {
            body.writeTo(bytes);
        } catch (IOException impossible) {
            throw new UncheckedIOException("writing to memory failed", impossible);
        }
        return new Body.Bytes(body.contentType().toString(), bytes.readByteArray());
    }
}
