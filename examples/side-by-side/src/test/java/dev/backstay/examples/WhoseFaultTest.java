package dev.backstay.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.errors.OpenAIIoException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.backstay.client.Ask;
import dev.backstay.client.Backstay;
import dev.backstay.client.CallFailed;
import dev.backstay.client.CallOptions;
import dev.backstay.core.CallListener;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import dev.backstay.core.Signal;
import dev.backstay.openai.BackstayOpenAi;
import dev.backstay.testkit.SimulatedFireworks;
import dev.backstay.testkit.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The snippets of the guide about whose fault it was. */
class WhoseFaultTest {

    private final List<String> said = new ArrayList<>();

    private void tell(String text) {
        said.add(text);
    }

    @Test
    @SimulatedFireworks(story = "then: fail 100% with refuse")
    void a_failure_says_it(Simulation fireworks) {
        try (Backstay backstay = Backstay.builder().baseUrl(fireworks.baseUrl()).build()) {
            Ask ask = backstay.ask("/chat/completions", "{\"model\": \"m\", \"messages\": []}");
            try {
                backstay.send(ask, CallOptions.within(Duration.ofSeconds(1)));
            } catch (CallFailed failed) {
                switch (failed.failure().acknowledged()) {
                    case NO ->
                        tell("it never reached the provider: their dashboard is clean, look at "
                                + failed.failure().kind().blame().label());
                    case UNKNOWN ->
                        tell("they may have seen it: " + failed.failure().describe());
                    case YES -> tell("they saw it: " + failed.failure().describe());
                }
            }
        }
        assertThat(said).hasSize(1);
        assertThat(said.get(0)).contains("look at network");
    }

    @Test
    @SimulatedFireworks(story = "then: silence")
    void the_cause_of_a_hosts_exception_says_it(Simulation fireworks) {
        Backstay backstay =
                Backstay.builder().baseUrl(fireworks.baseUrl()).apiKey("key").build();
        OpenAIClient client = BackstayOpenAi.client(backstay, options -> options.timeout(Duration.ofMillis(300)));
        ChatCompletionCreateParams params = ChatCompletionCreateParams.builder()
                .model("m")
                .addUserMessage("hi")
                .build();
        try {
            client.chat().completions().create(params);
        } catch (OpenAIIoException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof CallFailed failed) {
                    tell(failed.failure().phase().label() + ", acknowledged: "
                            + failed.failure().acknowledged().label() + ", attempts: " + failed.attempts());
                }
            }
        }
        backstay.close();
        assertThat(said).hasSize(1);
        assertThat(said.get(0)).startsWith("awaiting, acknowledged: unknown");
    }

    @Test
    @SimulatedFireworks(story = "then: fail 100% with 503")
    void attempts_that_were_tried_away_can_be_heard(Simulation fireworks) {
        CallListener listener = (nowNanos, call, signal, step) -> {
            if (signal instanceof Signal.Ended ended && ended.outcome() instanceof Outcome.Failed failed) {
                tell(call.request().id() + ": " + failed.failure().describe());
            }
        };
        try (Backstay backstay = Backstay.builder()
                .baseUrl(fireworks.baseUrl())
                .listener(listener)
                .build()) {
            backstay.send(
                    backstay.ask("/chat/completions", "{\"model\": \"m\", \"messages\": []}"),
                    CallOptions.within(Duration.ofSeconds(1)));
        } catch (CallFailed failed) {
            assertThat(failed.failure().kind()).isIn(FailureKind.OVERLOADED, FailureKind.DEADLINE_EXCEEDED);
        }
        assertThat(said).hasSizeGreaterThan(1);
    }
}
