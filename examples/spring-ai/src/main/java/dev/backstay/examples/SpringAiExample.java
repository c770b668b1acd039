package dev.backstay.examples;

import dev.backstay.client.Backstay;
import dev.backstay.openai.BackstayOpenAi;
import java.util.Objects;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import reactor.core.publisher.Flux;

/** Spring AI, made reliable. In a Spring Boot application the two fields are beans. */
public final class SpringAiExample implements AutoCloseable {

    private final Backstay backstay;
    private final OpenAiChatModel model;

    /** @param baseUrl of the API, with its version */
    public SpringAiExample(String baseUrl, String key, String name) {
        backstay = Backstay.builder().baseUrl(baseUrl).apiKey(key).build();
        model = OpenAiChatModel.builder()
                .openAiClient(BackstayOpenAi.client(backstay))
                .openAiClientAsync(BackstayOpenAi.clientAsync(backstay))
                .options(OpenAiChatOptions.builder().model(name).build())
                .build();
    }

    /** The whole answer. */
    public String answer(String question) {
        return Objects.requireNonNullElse(model.call(question), "");
    }

    /** The answer as it comes; ends with an error if it breaks, so that half of one is never taken for whole. */
    public Flux<String> stream(String question) {
        return model.stream(question);
    }

    @Override
    public void close() {
        backstay.close();
    }
}
