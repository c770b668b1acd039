package dev.backstay.examples;

import dev.backstay.client.Backstay;
import dev.backstay.langchain4j.BackstayHttpClientBuilder;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.util.concurrent.CompletableFuture;

/** LangChain4j, made reliable. */
public final class LangChain4jExample implements AutoCloseable {

    private final Backstay backstay;
    private final ChatModel model;
    private final StreamingChatModel streaming;

    /** @param baseUrl of the API, with its version */
    public LangChain4jExample(String baseUrl, String key, String name) {
        backstay = Backstay.builder().baseUrl(baseUrl).apiKey(key).build();
        model = OpenAiChatModel.builder()
                .httpClientBuilder(new BackstayHttpClientBuilder(backstay))
                .maxRetries(0)
                .baseUrl(baseUrl)
                .apiKey(key)
                .modelName(name)
                .build();
        streaming = OpenAiStreamingChatModel.builder()
                .httpClientBuilder(new BackstayHttpClientBuilder(backstay))
                .baseUrl(baseUrl)
                .apiKey(key)
                .modelName(name)
                .build();
    }

    /** The whole answer. */
    public String answer(String question) {
        return model.chat(question);
    }

    /** The answer as it comes; fails if it breaks, so that half of one is never taken for whole. */
    public CompletableFuture<String> stream(String question) {
        CompletableFuture<String> whole = new CompletableFuture<>();
        streaming.chat(question, new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String text) {}

            @Override
            public void onCompleteResponse(ChatResponse response) {
                whole.complete(response.aiMessage().text());
            }

            @Override
            public void onError(Throwable broken) {
                whole.completeExceptionally(broken);
            }
        });
        return whole;
    }

    @Override
    public void close() {
        backstay.close();
    }
}
