package dev.backstay.examples;

import com.openai.client.OpenAIClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.backstay.client.Backstay;
import dev.backstay.openai.BackstayOpenAi;

/** The official OpenAI SDK, made reliable. */
public final class OpenAiExample implements AutoCloseable {

    private final Backstay backstay;
    private final OpenAIClient client;

    /** @param baseUrl of the API, with its version */
    public OpenAiExample(String baseUrl, String key) {
        backstay = Backstay.builder().baseUrl(baseUrl).apiKey(key).build();
        client = BackstayOpenAi.client(backstay);
    }

    private static ChatCompletionCreateParams params(String model, String question) {
        return ChatCompletionCreateParams.builder()
                .model(model)
                .addUserMessage(question)
                .build();
    }

    /** The whole answer. */
    public String answer(String model, String question) {
        return client.chat()
                .completions()
                .create(params(model, question))
                .choices()
                .get(0)
                .message()
                .content()
                .orElse("");
    }

    /** The answer as it comes; throws if it breaks, so that half of one is never taken for whole. */
    public String stream(String model, String question) {
        StringBuilder answer = new StringBuilder();
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(params(model, question))) {
            chunks.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .forEach(choice -> choice.delta().content().ifPresent(answer::append));
        }
        return answer.toString();
    }

    @Override
    public void close() {
        backstay.close();
    }
}
