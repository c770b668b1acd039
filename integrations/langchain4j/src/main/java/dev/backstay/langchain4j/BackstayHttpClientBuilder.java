package dev.backstay.langchain4j;

import dev.backstay.client.Backstay;
import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Makes LangChain4j's models reliable.
 *
 * <pre>{@code
 * ChatModel model = OpenAiChatModel.builder()
 *     .httpClientBuilder(new BackstayHttpClientBuilder(backstay))
 *     .maxRetries(0)                                     // Backstay is the one who tries again
 *     .baseUrl("https://api.fireworks.ai/inference/v1").apiKey(key).modelName(model)
 *     .build();
 * }</pre>
 *
 * <p>The model's {@code timeout} becomes the time in which each answer must begin and the longest pause of a stream; the whole call
 * has three times as much, unless the settings of the {@link Backstay} say what it has.
 *
 * <p>One for each model: LangChain4j writes the model's timeouts into it.
 */
public final class BackstayHttpClientBuilder implements HttpClientBuilder {

    private final Backstay backstay;
    private @Nullable Duration connectTimeout;
    private @Nullable Duration readTimeout;

    /** One whose clients make these calls. They leave the {@code Backstay} open. */
    public BackstayHttpClientBuilder(Backstay backstay) {
        this.backstay = backstay;
    }

    @Override
    public @Nullable Duration connectTimeout() {
        return connectTimeout;
    }

    @Override
    public HttpClientBuilder connectTimeout(@Nullable Duration timeout) {
        connectTimeout = timeout;
        return this;
    }

    @Override
    public @Nullable Duration readTimeout() {
        return readTimeout;
    }

    @Override
    public HttpClientBuilder readTimeout(@Nullable Duration timeout) {
        readTimeout = timeout;
        return this;
    }

    @Override
    public HttpClient build() {
        return new HttpTransport(backstay, connectTimeout, readTimeout);
    }
}
