package dev.backstay.examples;

import dev.backstay.client.Backstay;
import dev.backstay.okhttp.BackstayOkHttp;
import java.io.IOException;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** Plain OkHttp, made reliable. */
public final class OkHttpExample implements AutoCloseable {

    private final Backstay backstay;
    private final OkHttpClient client;
    private final String baseUrl;
    private final String key;

    /** @param baseUrl of the API, with its version */
    public OkHttpExample(OkHttpClient mine, String baseUrl, String key) {
        this.baseUrl = baseUrl;
        this.key = key;
        backstay = Backstay.builder().baseUrl(baseUrl).okHttpClient(mine).build();
        client = BackstayOkHttp.install(mine, backstay);
    }

    /** The answer, streamed or not; throws if it breaks, so that half of one is never taken for whole. */
    public String post(String path, String json) throws IOException {
        Request request = new Request.Builder()
                .url(baseUrl + path)
                .header("Authorization", "Bearer " + key)
                .post(RequestBody.create(json, MediaType.get("application/json")))
                .build();
        try (Response response = client.newCall(request).execute()) {
            return response.code() + " " + response.body().string();
        }
    }

    @Override
    public void close() {
        backstay.close();
    }
}
