package dev.backstay.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.client.Backstay;
import dev.backstay.client.CallOptions;
import dev.backstay.client.Clocks;
import dev.backstay.client.LiveReply;
import dev.backstay.client.Reply;
import dev.backstay.core.Priority;
import dev.backstay.core.Workload;
import dev.backstay.testkit.SimulatedFireworks;
import dev.backstay.testkit.Simulation;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The snippets of the guide about workloads. */
@SimulatedFireworks(fast = true)
class WorkloadsTest {

    private static final String JSON = "{\"model\": \"m\", \"messages\": []}";
    private static final String STREAMED = "{\"model\": \"m\", \"stream\": true, \"messages\": []}";

    @Test
    void for_the_whole_process(Simulation fireworks) {
        String baseUrl = fireworks.baseUrl();
        String key = "key";
        Backstay backstay = Backstay.builder()
                .baseUrl(baseUrl)
                .apiKey(key)
                .workload(Workload.AGENTIC)
                .timeouts(Clocks.USUAL.withFirstToken(Duration.ofSeconds(90)))
                .build();
        assertThat(backstay.send(backstay.ask("/chat/completions", JSON)).status())
                .isEqualTo(200);
        backstay.close();
    }

    @Test
    void for_one_call(Simulation fireworks) throws IOException {
        try (Backstay backstay = Backstay.builder().baseUrl(fireworks.baseUrl()).build()) {
            CallOptions options = CallOptions.of(Workload.LONG_CONTEXT)
                    .with(Clocks.within(Duration.ofMinutes(10)))
                    .with(Priority.SHEDDABLE);
            Reply reply = backstay.send(backstay.ask("/chat/completions", JSON), options);
            assertThat(reply.status()).isEqualTo(200);

            OutputStream out = OutputStream.nullOutputStream();
            try (LiveReply live = backstay.stream(backstay.ask("/chat/completions", STREAMED))) {
                live.body().transferTo(out); // comes back only if the answer is whole
            }
            Reply held = backstay.send(backstay.ask("/chat/completions", STREAMED)); // held back until whole
            assertThat(held.text()).endsWith("data: [DONE]\n\n");
        }
    }
}
