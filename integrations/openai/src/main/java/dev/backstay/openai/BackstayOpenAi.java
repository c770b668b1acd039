package dev.backstay.openai;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.OpenAIClientAsyncImpl;
import com.openai.client.OpenAIClientImpl;
import com.openai.core.ClientOptions;
import dev.backstay.client.Backstay;
import java.util.function.Consumer;

/**
 * Clients of the official OpenAI SDK whose calls are reliable.
 *
 * <pre>{@code
 * Backstay backstay = Backstay.builder().apiKey(System.getenv("FIREWORKS_API_KEY")).build();
 * OpenAIClient client = BackstayOpenAi.client(backstay);      // and from here on everything is as before
 * }</pre>
 *
 * <p>They have the address and the key of the {@link Backstay}, and the SDK's own retries are off. Closing one leaves the
 * {@code Backstay} open.
 */
public final class BackstayOpenAi {

    private BackstayOpenAi() {}

    /** A client. */
    public static OpenAIClient client(Backstay backstay) {
        return client(backstay, options -> {});
    }

    /**
     * A client with more options of the SDK. Its HTTP client and its number of retries are set after them.
     *
     * @throws IllegalArgumentException if neither the {@code Backstay} nor the options have a key
     */
    public static OpenAIClient client(Backstay backstay, Consumer<ClientOptions.Builder> more) {
        return new OpenAIClientImpl(options(backstay, more));
    }

    /** A client that answers with futures. */
    public static OpenAIClientAsync clientAsync(Backstay backstay) {
        return clientAsync(backstay, options -> {});
    }

    /**
     * A client that answers with futures, with more options of the SDK. Its HTTP client and its number of retries are set after
     * them.
     *
     * @throws IllegalArgumentException if neither the {@code Backstay} nor the options have a key
     */
    public static OpenAIClientAsync clientAsync(Backstay backstay, Consumer<ClientOptions.Builder> more) {
        return new OpenAIClientAsyncImpl(options(backstay, more));
    }

    private static ClientOptions options(Backstay backstay, Consumer<ClientOptions.Builder> more) {
        ClientOptions.Builder options = ClientOptions.builder()
                .httpClient(new BackstayHttpClient(backstay))
                .baseUrl(backstay.settings().url().toString());
        backstay.settings().apiKey().ifPresent(options::apiKey);
        more.accept(options);
        BackstayHttpClient http = new BackstayHttpClient(backstay);
        try {
            ClientOptions built = options.httpClient(http).maxRetries(0).build();
            http.usualTimeout(built.timeout());
            return built;
        } catch (IllegalStateException incomplete) {
            throw new IllegalArgumentException(
                    "api-key is not set: give it to Backstay.builder().apiKey(…), or to the SDK's options", incomplete);
        }
    }
}
