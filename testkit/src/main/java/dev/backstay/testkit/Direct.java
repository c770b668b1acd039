package dev.backstay.testkit;

import dev.backstay.testkit.Situation.Got;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;

/** A plain client that knows nothing of Backstay: asks once, reads what comes, unpacks gzip. */
public final class Direct {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private Direct() {}

    /** Asks for this below that base URL. What is no answer has the status 0. */
    public static Got ask(String baseUrl, Situation situation) throws InterruptedException {
        try {
            return answer(baseUrl, situation);
        } catch (IOException none) {
            return new Got(0, "", false);
        }
    }

    private static Got answer(String baseUrl, Situation situation) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(baseUrl + situation.path()))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(situation.body()));
        for (String header : situation.headers()) {
            request.header(header.substring(0, header.indexOf(": ")), header.substring(header.indexOf(": ") + 2));
        }
        HttpResponse<InputStream> answer = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        boolean packed =
                answer.headers().firstValue("content-encoding").orElse("").equals("gzip");
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        boolean clean = true;
        try (InputStream raw = answer.body();
                InputStream body = packed ? new GZIPInputStream(raw) : raw) {
            byte[] piece = new byte[8192];
            for (int length = body.read(piece); length >= 0; length = body.read(piece)) {
                all.write(piece, 0, length);
            }
        } catch (IOException broken) {
            clean = false;
        }
        return new Got(answer.statusCode(), all.toString(StandardCharsets.UTF_8), clean);
    }
}
