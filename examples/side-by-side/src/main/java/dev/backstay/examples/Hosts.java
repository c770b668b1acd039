package dev.backstay.examples;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.backstay.client.Backstay;
import dev.backstay.langchain4j.BackstayHttpClientBuilder;
import dev.backstay.okhttp.BackstayOkHttp;
import dev.backstay.openai.BackstayOpenAi;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;

/** The hosts, each as it comes and each on Backstay. */
enum Hosts {
    OPENAI("OpenAI SDK") {
        @Override
        Host byItself(String url) {
            return openAi(OpenAIOkHttpClient.builder().baseUrl(url).apiKey(KEY).build());
        }

        @Override
        Host on(Backstay backstay) {
            return openAi(BackstayOpenAi.client(backstay));
        }
    },
    SPRING_AI("Spring AI") {
        @Override
        Host byItself(String url) {
            OpenAiChatOptions options = OpenAiChatOptions.builder()
                    .baseUrl(url)
                    .apiKey(KEY)
                    .model(MODEL)
                    .build();
            return springAi(OpenAiChatModel.builder().options(options).build());
        }

        @Override
        Host on(Backstay backstay) {
            OpenAIClientAsync async = BackstayOpenAi.clientAsync(backstay);
            return springAi(OpenAiChatModel.builder()
                    .openAiClient(BackstayOpenAi.client(backstay))
                    .openAiClientAsync(async)
                    .options(OpenAiChatOptions.builder().model(MODEL).build())
                    .build());
        }
    },
    LANGCHAIN4J("LangChain4j") {
        @Override
        Host byItself(String url) {
            var model = dev.langchain4j.model.openai.OpenAiChatModel.builder()
                    .baseUrl(url)
                    .apiKey(KEY)
                    .modelName(MODEL)
                    .build();
            var streaming = OpenAiStreamingChatModel.builder()
                    .baseUrl(url)
                    .apiKey(KEY)
                    .modelName(MODEL)
                    .build();
            return langChain4j(model, streaming);
        }

        @Override
        Host on(Backstay backstay) {
            String url = backstay.settings().url().toString();
            var model = dev.langchain4j.model.openai.OpenAiChatModel.builder()
                    .httpClientBuilder(new BackstayHttpClientBuilder(backstay))
                    .maxRetries(0)
                    .baseUrl(url)
                    .apiKey(KEY)
                    .modelName(MODEL)
                    .build();
            var streaming = OpenAiStreamingChatModel.builder()
                    .httpClientBuilder(new BackstayHttpClientBuilder(backstay))
                    .baseUrl(url)
                    .apiKey(KEY)
                    .modelName(MODEL)
                    .build();
            return langChain4j(model, streaming);
        }
    },
    OKHTTP("OkHttp") {
        @Override
        Host byItself(String url) {
            return okHttp(new OkHttpClient(), url);
        }

        @Override
        Host on(Backstay backstay) {
            return okHttp(
                    BackstayOkHttp.install(new OkHttpClient(), backstay),
                    backstay.settings().url().toString());
        }
    };

    static final String KEY = "any-key";
    private static final String MODEL = "m";

    private final String label;

    Hosts(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    /** With its defaults. */
    abstract Host byItself(String url);

    /** On Backstay. */
    abstract Host on(Backstay backstay);

    private static Host openAi(OpenAIClient client) {
        return (question, streamed) -> {
            ChatCompletionCreateParams params = ChatCompletionCreateParams.builder()
                    .model(MODEL)
                    .addUserMessage(question)
                    .build();
            if (!streamed) {
                ChatCompletion.Choice choice =
                        client.chat().completions().create(params).choices().get(0);
                return new Host.Said(choice.message().content().orElse(""), true);
            }
            StringBuilder text = new StringBuilder();
            boolean[] finished = {false};
            try (StreamResponse<ChatCompletionChunk> chunks =
                    client.chat().completions().createStreaming(params)) {
                chunks.stream().flatMap(chunk -> chunk.choices().stream()).forEach(choice -> {
                    choice.delta().content().ifPresent(text::append);
                    finished[0] |= choice.finishReason().isPresent();
                });
            }
            return new Host.Said(text.toString(), finished[0]);
        };
    }

    private static Host springAi(OpenAiChatModel model) {
        return (question, streamed) -> {
            List<org.springframework.ai.chat.model.ChatResponse> chunks = streamed
                    ? model.stream(new Prompt(question)).collectList().block()
                    : List.of(model.call(new Prompt(question)));
            StringBuilder text = new StringBuilder();
            boolean finished = false;
            for (var chunk : chunks == null ? List.<org.springframework.ai.chat.model.ChatResponse>of() : chunks) {
                for (var result : chunk.getResults()) {
                    text.append(result.getOutput().getText());
                    String reason = result.getMetadata().getFinishReason();
                    finished |= reason != null && !reason.isEmpty();
                }
            }
            return new Host.Said(text.toString(), finished);
        };
    }

    private static Host langChain4j(
            dev.langchain4j.model.openai.OpenAiChatModel model, OpenAiStreamingChatModel streaming) {
        return (question, streamed) -> {
            if (!streamed) {
                return new Host.Said(model.chat(question), true);
            }
            CompletableFuture<Host.Said> over = new CompletableFuture<>();
            streaming.chat(question, new StreamingChatResponseHandler() {
                @Override
                public void onPartialResponse(String text) {}

                @Override
                public void onCompleteResponse(ChatResponse response) {
                    over.complete(new Host.Said(
                            String.valueOf(response.aiMessage().text()), response.finishReason() != null));
                }

                @Override
                public void onError(Throwable broken) {
                    over.completeExceptionally(broken);
                }
            });
            try {
                return over.get();
            } catch (ExecutionException failed) {
                throw new IOException(failed.getCause());
            }
        };
    }

    private static Host okHttp(OkHttpClient client, String url) {
        return (question, streamed) -> {
            String json = "{\"model\": \"" + MODEL + "\", \"stream\": " + streamed
                    + ", \"messages\": [{\"role\": \"user\", \"content\": \"" + question + "\"}]}";
            Request request = new Request.Builder()
                    .url(url + "/chat/completions")
                    .header("Authorization", "Bearer " + KEY)
                    .post(RequestBody.create(json, MediaType.get("application/json")))
                    .build();
            try (Response response = client.newCall(request).execute()) {
                if (!response.isSuccessful()) {
                    throw new IOException("HTTP " + response.code());
                }
                String text = response.body().string();
                return new Host.Said(text, text.contains("\"finish_reason\":\"stop\""));
            }
        };
    }
}
