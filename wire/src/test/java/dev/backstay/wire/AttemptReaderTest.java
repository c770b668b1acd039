package dev.backstay.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.Engine;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Request;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Target;
import dev.backstay.core.Workload;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What the answer of an attempt means for the call, in virtual time. */
class AttemptReaderTest {

    private static final long SECOND = 1_000_000_000L;
    private static final String DEPLOYMENT = "accounts/a/deployments/d";
    private static final String CHAT =
            "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}";
    private static final String STARTS = "{\"error\":{\"code\":\"DEPLOYMENT_SCALING_UP\",\"message\":\"it starts\"}}";

    private final Engine engine = new Engine(RetryPolicy.DEFAULT, (at, call, signal, step) -> {});
    private long now = SECOND;

    @Test
    void a_deployment_that_was_there_just_now_is_not_gone() {
        assertThat(kind(DEPLOYMENT, 404, "{}")).as("never seen").isEqualTo(FailureKind.NOT_FOUND);
        assertThat(answered(DEPLOYMENT, 503, STARTS)).isPresent();
        Failure waking =
                answered(DEPLOYMENT, 404, "{\"message\":\"no such model\"}").orElseThrow();
        assertThat(waking.kind()).isEqualTo(FailureKind.NOT_READY);
        assertThat(waking.status()).isEqualTo(404);
        assertThat(waking.message()).isEqualTo("no such model");
        assertThat(waking.hint()).contains(Duration.ofSeconds(5));
        now += 50 * SECOND;
        assertThat(kind(DEPLOYMENT, 404, "{}")).isEqualTo(FailureKind.NOT_READY);
        now += 15 * SECOND;
        assertThat(kind(DEPLOYMENT, 404, "{}")).as("missing for a minute").isEqualTo(FailureKind.NOT_FOUND);
    }

    @Test
    void what_was_there_is_so_for_ten_minutes() {
        assertThat(answered(DEPLOYMENT, 200, CHAT)).isEmpty();
        now += 9 * 60 * SECOND;
        assertThat(kind(DEPLOYMENT, 404, "{}")).isEqualTo(FailureKind.NOT_READY);
        assertThat(answered(DEPLOYMENT, 200, CHAT)).isEmpty();
        now += 11 * 60 * SECOND;
        assertThat(kind(DEPLOYMENT, 404, "{}")).isEqualTo(FailureKind.NOT_FOUND);
    }

    @Test
    void a_model_of_the_platform_that_is_not_found_is_gone() {
        assertThat(answered("accounts/fireworks/models/m", 200, CHAT)).isEmpty();
        assertThat(kind("accounts/fireworks/models/m", 404, "{}")).isEqualTo(FailureKind.NOT_FOUND);
    }

    @Test
    void whatever_comes_after_a_finish_takes_the_wait_for_a_last_word_back() {
        AttemptReader reader = stream();
        event(reader, 0, "\"content\":\"hi\"", "null");
        event(reader, 0, "", "\"stop\"");
        long due = reader.dueNanos();
        assertThat(due).isEqualTo(now + SECOND);
        now += SECOND / 2;
        read(reader, "{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}");
        assertThat(reader.dueNanos()).isEqualTo(due + SECOND / 2);
    }

    @Test
    void the_finish_of_one_choice_is_not_that_of_another() {
        AttemptReader reader = stream();
        event(reader, 0, "\"content\":\"hi\"", "null");
        event(reader, 1, "\"content\":\"ho\"", "null");
        event(reader, 0, "", "\"stop\"");
        assertThat(reader.dueNanos()).isGreaterThan(now + 10 * SECOND);
        event(reader, 1, "", "\"stop\"");
        assertThat(reader.dueNanos()).isEqualTo(now + SECOND);
    }

    private AttemptReader stream() {
        Target target = new Target("api.fireworks.ai:443", "m");
        Request request =
                Request.arriving("call-1", target, Workload.INTERACTIVE, Workload.INTERACTIVE.timeouts(), true, now);
        Attempt attempt = new Attempt(1, request, target, false, 1, now);
        attempt.enter(Phase.AWAITING, now);
        AttemptReader reader = new AttemptReader(
                attempt,
                Reading.of(Endpoint.CHAT_COMPLETIONS, new FireworksClassifier(), RequestPeek.NO_BODY, Long.MAX_VALUE));
        reader.head(200, Headers.of(Map.of("content-type", "text/event-stream")), Instant.EPOCH, now);
        return reader;
    }

    private void event(AttemptReader reader, int choice, String delta, String finish) {
        read(
                reader,
                "{\"choices\":[{\"index\":" + choice + ",\"delta\":{" + delta + "},\"finish_reason\":" + finish
                        + "}]}");
    }

    private void read(AttemptReader reader, String data) {
        reader.bytes(ByteBuffer.wrap(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8)), now);
        for (Optional<Signal> next = reader.next(); next.isPresent(); next = reader.next()) {
            if (next.get() instanceof Signal.FirstEvent) {
                reader.attempt().enter(Phase.STREAMING, now);
            }
        }
    }

    private FailureKind kind(String model, int status, String body) {
        return answered(model, status, body).orElseThrow().kind();
    }

    /** How an attempt that is answered like this fails; empty if it does not. */
    private Optional<Failure> answered(String model, int status, String body) {
        Target target = new Target("api.fireworks.ai:443", model);
        Request request = Request.arriving("call-1", target, Workload.AGENTIC, Workload.AGENTIC.timeouts(), false, now);
        Call call = engine.newCall(request, () -> {}, new SplittableRandom(1));
        Step step = call.on(Signal.STARTED, now);
        while (step instanceof Step.Wait wait) {
            now = wait.untilNanos();
            step = call.on(Signal.WOKE, now);
        }
        Attempt attempt = ((Step.Send) step).attempt();
        call.on(new Signal.Entered(attempt, Phase.AWAITING), now);
        AttemptReader reader = new AttemptReader(
                attempt,
                Reading.of(Endpoint.CHAT_COMPLETIONS, new FireworksClassifier(), RequestPeek.NO_BODY, Long.MAX_VALUE));
        reader.head(status, Headers.of(Map.of("content-type", "application/json")), Instant.EPOCH, now);
        reader.bytes(ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)), now);
        reader.end(now);
        Outcome outcome = reader.outcome().orElseThrow();
        for (Optional<Signal> next = reader.next(); next.isPresent(); next = reader.next()) {
            call.on(next.get(), now);
        }
        call.on(Signal.CANCELLED, now);
        return outcome instanceof Outcome.Failed failed ? Optional.of(failed.failure()) : Optional.empty();
    }
}
