package dev.backstay.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.testkit.SimulatedFireworks;
import dev.backstay.testkit.Simulation;
import java.util.Collections;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;

/** The example, while the provider is flaky; and the class path it runs on. */
class OkHttpExampleTest {

    private static final int CALLS = 3;

    @Test
    @SimulatedFireworks(story = "then: fail 40% with 503", fast = true, seed = 3)
    void answers_while_the_provider_sheds_load(Simulation fireworks) throws Exception {
        try (OkHttpExample example = new OkHttpExample(new OkHttpClient(), fireworks.baseUrl(), "key")) {
            for (int i = 0; i < CALLS; i++) {
                assertThat(example.post("/chat/completions", "{\"model\": \"m\", \"messages\": []}"))
                        .contains("finish_reason");
                assertThat(example.post("/chat/completions", "{\"model\": \"m\", \"stream\": true, \"messages\": []}"))
                        .endsWith("data: [DONE]\n\n");
            }
        }
        assertThat(fireworks.requests()).as("some were tried again").isGreaterThan(2L * CALLS);
    }

    @Test
    void has_one_okhttp() throws Exception {
        assertThat(Collections.list(getClass().getClassLoader().getResources("okhttp3/OkHttpClient.class")))
                .hasSize(1);
    }
}
