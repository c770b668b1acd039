package dev.backstay.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.InternalServerException;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.backstay.client.Backstay;
import dev.backstay.openai.BackstayOpenAi;
import dev.backstay.testkit.SimulatedFireworks;
import dev.backstay.testkit.Simulation;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/** The snippets of the guide about migrating. */
class MigratingTest {

    private static final ChatCompletionCreateParams PARAMS =
            ChatCompletionCreateParams.builder().model("m").addUserMessage("hi").build();

    static ChatCompletion callWithRetry(OpenAIClient client, ChatCompletionCreateParams params)
            throws InterruptedException {
        for (int attempt = 0; ; attempt++) {
            try {
                return client.chat().completions().create(params);
            } catch (RateLimitException | InternalServerException e) {
                if (attempt == 4) {
                    throw e;
                }
                Thread.sleep(
                        (1L << attempt) * 1_000 + ThreadLocalRandom.current().nextLong(1_000));
            }
        }
    }

    @Test
    @SimulatedFireworks(fast = true)
    void before(Simulation fireworks) throws Exception {
        String key = "key";
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl(fireworks.baseUrl())
                .apiKey(key)
                .maxRetries(3)
                .build();
        assertThat(callWithRetry(client, PARAMS).choices()).hasSize(1);
        client.close();
    }

    @Test
    @SimulatedFireworks(story = "then: fail 50% with 503", fast = true, seed = 3)
    void after(Simulation fireworks) {
        String baseUrl = fireworks.baseUrl();
        String key = "key";
        Backstay backstay = Backstay.builder().baseUrl(baseUrl).apiKey(key).build();
        OpenAIClient client = BackstayOpenAi.client(backstay);
        ChatCompletion answer = client.chat().completions().create(PARAMS);
        assertThat(answer.choices()).hasSize(1);
        backstay.close();
    }
}
