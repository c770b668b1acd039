package dev.backstay.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.testkit.SimulatedFireworks;
import dev.backstay.testkit.Simulation;
import java.util.Collections;
import org.junit.jupiter.api.Test;

/** The example, while the provider is flaky; and the class path it runs on. */
class OpenAiExampleTest {

    private static final int CALLS = 3;

    @Test
    @SimulatedFireworks(story = "then: fail 50% with 503")
    void answers_while_the_provider_sheds_load(Simulation fireworks) throws Exception {
        try (OpenAiExample example = new OpenAiExample(fireworks.baseUrl(), "key")) {
            for (int i = 0; i < CALLS; i++) {
                assertThat(example.answer("m", "What is a backstay?")).isNotEmpty();
                assertThat(example.stream("m", "What is a backstay?")).isNotEmpty();
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
