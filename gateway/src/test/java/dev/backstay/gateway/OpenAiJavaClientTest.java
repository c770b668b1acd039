package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIServiceException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.backstay.simulator.Bodies;
import dev.backstay.simulator.Script;
import dev.backstay.simulator.Story;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The official OpenAI client for Java, unmodified: only its base URL points to the gateway. */
@Timeout(120)
class OpenAiJavaClientTest {

    private static final ChatCompletionCreateParams ASK = ChatCompletionCreateParams.builder()
            .model("accounts/fireworks/models/demo")
            .addUserMessage("What is a backstay?")
            .maxCompletionTokens(12)
            .putAdditionalBodyProperty("max_tokens", JsonValue.from(12))
            .build();

    @Test
    void gets_its_answers_while_the_provider_is_flaky() throws Exception {
        Script flaky = Rig.QUICK.with(
                Story.of(
                        "then: fail 5% with 503, 1% with reset, 3% with refuse, 1% with cut, 1% with no-done, 3% with html-502"));
        try (Rig rig = new Rig(flaky, false, false)) {
            OpenAIClient client = client(rig);
            for (int i = 0; i < 40; i++) {
                String text = client.chat()
                        .completions()
                        .create(ASK)
                        .choices()
                        .get(0)
                        .message()
                        .content()
                        .orElseThrow();
                assertThat(text).isEqualTo(Bodies.text(12));
            }
            client.close();
        }
    }

    @Test
    void gets_streams_whole() throws Exception {
        try (Rig rig = Rig.with("until 1500ms: fail 100% with 503", "then: healthy")) {
            OpenAIClient client = client(rig);
            try (StreamResponse<ChatCompletionChunk> stream =
                    client.chat().completions().createStreaming(ASK)) {
                String text = stream.stream()
                        .flatMap(chunk -> chunk.choices().stream())
                        .flatMap(choice -> choice.delta().content().stream())
                        .collect(Collectors.joining());
                assertThat(text).isEqualTo(Bodies.text(12));
            }
            client.close();
        }
    }

    @Test
    void is_told_not_to_retry_what_the_gateway_has_retried() throws Exception {
        try (Rig rig = Rig.with("then: fail 100% with 500")) {
            OpenAIClient client = client(rig);
            assertThatThrownBy(() -> client.chat().completions().create(ASK))
                    .isInstanceOfSatisfying(OpenAIServiceException.class, failure -> {
                        assertThat(failure.statusCode()).isEqualTo(500);
                        assertThat(failure.headers().values("Backstay-Attempts"))
                                .containsExactly("3");
                    });
            assertThat(rig.get("/metrics").body())
                    .contains("backstay_calls_seconds_count{outcome=\"attempts_spent\",workload=\"interactive\"} 1");
            client.close();
        }
    }

    private static OpenAIClient client(Rig rig) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(rig.gateway.url() + "/v1")
                .apiKey("unused")
                .build();
    }
}
