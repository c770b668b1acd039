package dev.backstay.fireworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.backstay.client.Clock;
import dev.backstay.core.CallListener;
import dev.backstay.fireworks.FireworksException.Reason;
import dev.backstay.ledger.Ledger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The situations in which the official Python SDK tests its trainer manager (fw-ai-external/python-sdk,
 * {@code training/sdk/tests/test_trainer.py} and {@code test_wait_for_operation.py}), with the same outcome; where ours is meant to
 * be another, the test says "instead".
 */
class TrainerSituationsTest {

    private static final TrainerJobManager.Listener QUIET = TrainerJobManager.Listener.NONE;
    private static final String JOB = "/rlorTrainerJobs/job-1";

    @TempDir
    private Path folder;

    private final JumpingClock clock = new JumpingClock();
    private final ScriptedSender plane = new ScriptedSender();

    private TrainerJobManager trainers() {
        return client(clock).trainers();
    }

    private FireworksClient client(Clock time) {
        Access access = new Access(URI.create("https://api.example.com"), "test-key", Optional.of("test-account"));
        Ledger ledger = Ledger.open(folder.resolve("ledger.db").toString());
        return new FireworksClient(access, ledger, plane, time, CallListener.NONE, "me", 1);
    }

    private static String job(String state) {
        return job(state, "");
    }

    private static String job(String state, String message) {
        return "{\"name\": \"accounts/test-account/rlorTrainerJobs/job-1\", \"state\": \"JOB_STATE_" + state
                + "\", \"status\": {\"message\": \"" + message + "\"}}";
    }

    private static TrainerSpec byHand() {
        return new TrainerSpec(
                "job-1",
                "accounts/test/models/qwen3-1p7b",
                0,
                1e-5,
                OptionalInt.of(4096),
                "",
                "",
                OptionalInt.empty(),
                OptionalInt.of(2),
                "US_OHIO_1",
                "",
                List.of(),
                "",
                "my-deploy",
                false,
                false,
                null);
    }

    private Object[] states(String... states) {
        Object[] answers = new Object[states.length * 2];
        for (int i = 0; i < states.length; i++) {
            answers[2 * i] = 200;
            answers[2 * i + 1] = job(states[i]);
        }
        return answers;
    }

    // Create

    @Test
    void machines_by_hand_are_all_sent() {
        plane.on("POST", "/rlorTrainerJobs?", 200, job("CREATING"));
        TrainerJob made = trainers().create(byHand());
        assertThat(made.id()).isEqualTo("job-1");
        ScriptedSender.Asked sent = plane.requests().get(0);
        assertThat(sent.path())
                .contains("deploymentId=my-deploy", "skipValidations=true", "rlorTrainerJobId=job-1")
                .doesNotContain("trainingShape");
        JsonNode body = Proto.read(sent.body());
        assertThat(body.path("serviceMode").asBoolean()).isTrue();
        assertThat(body.path("nodeCount").asInt()).isEqualTo(2);
        assertThat(body.path("hotLoadDeploymentId").asText()).isEqualTo("my-deploy");
        assertThat(body.at("/trainingConfig/baseModel").asText()).isEqualTo("accounts/test/models/qwen3-1p7b");
        assertThat(body.at("/trainingConfig/region").asText()).isEqualTo("US_OHIO_1");
    }

    @Test
    void a_shape_owns_the_machines() {
        plane.on("POST", "/rlorTrainerJobs?", 200, job("CREATING"));
        String shape = "accounts/test-account/trainingShapes/ts-test/versions/shape-v1";
        trainers()
                .create(new TrainerSpec(
                        "job-1",
                        "m",
                        0,
                        1e-5,
                        OptionalInt.empty(),
                        shape,
                        "",
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        "US_OHIO_1",
                        "0.33.0",
                        List.of("--pp 8", "--ep=4", "--flag"),
                        "",
                        "",
                        false,
                        false,
                        Duration.ofMinutes(30)));
        ScriptedSender.Asked sent = plane.requests().get(0);
        assertThat(sent.path())
                .contains("trainingShape=accounts%2Ftest-account")
                .doesNotContain("skipValidations");
        JsonNode body = Proto.read(sent.body());
        assertThat(body.has("nodeCount")).isFalse();
        assertThat(body.path("trainingConfig").has("maxContextLength")).isFalse();
        assertThat(body.at("/trainingConfig/customImageTag").asText()).isEqualTo("0.33.0");
        assertThat(body.at("/trainingConfig/extraArgs"))
                .extracting(JsonNode::asText)
                .containsExactly("--pp", "8", "--ep=4", "--flag");
        assertThat(body.path("inactivityTimeout").asText()).isEqualTo("1800s");
    }

    @Test
    void neither_shape_nor_machines_lets_the_platform_choose() {
        plane.on("POST", "/rlorTrainerJobs?", 200, job("CREATING"));
        trainers().create(TrainerSpec.of("job-1", "m"));
        assertThat(plane.requests().get(0).path()).doesNotContain("trainingShape", "skipValidations");
    }

    @Test
    void a_create_whose_answer_was_lost_finds_its_own_job() {
        plane.on(
                "POST",
                "/rlorTrainerJobs?",
                503,
                "{\"error\": {\"message\": \"transient\"}}",
                409,
                "{\"error\": {\"message\": \"exists\"}}");
        plane.on("GET", JOB, 200, job("CREATING"));
        assertThat(trainers().create(TrainerSpec.of("job-1", "m")).id()).isEqualTo("job-1");
        assertThat(plane.requests()).extracting(ScriptedSender.Asked::method).containsExactly("POST", "POST", "GET");
        assertThat(plane.requests().get(0).path())
                .isEqualTo(plane.requests().get(1).path());
    }

    @Test
    void a_job_of_this_id_with_other_settings_is_no_success_instead() {
        plane.on("POST", "/rlorTrainerJobs?", 409, "{\"message\": \"already exists\"}");
        plane.on(
                "GET",
                JOB,
                200,
                "{\"name\": \"a/job-1\", \"state\": \"JOB_STATE_RUNNING\", \"trainingConfig\": {\"baseModel\": \"another\"}}");
        assertThatThrownBy(() -> trainers().create(TrainerSpec.of("job-1", "m")))
                .isInstanceOf(FireworksException.class)
                .hasMessageContaining("trainingConfig.baseModel")
                .hasMessageContaining("another");
    }

    @ParameterizedTest
    @ValueSource(strings = {"DELETED", "ARCHIVED"})
    void the_id_of_a_tombstone_cannot_be_used_again(String state) {
        plane.on("POST", "/rlorTrainerJobs?", 409, "{\"message\": \"already exists\"}");
        plane.on("GET", JOB, 200, job(state));
        assertThatThrownBy(() -> trainers().create(TrainerSpec.of("job-1", "m")))
                .isInstanceOfSatisfying(
                        FireworksException.class, no -> assertThat(no.reason()).isEqualTo(Reason.GONE))
                .hasMessageContaining("new id");
    }

    @Test
    void a_refused_create_tells_the_servers_words_once_and_no_secret() {
        plane.on("POST", "/rlorTrainerJobs?", 403, "{\"message\": \"B200 needs Tier 2, add $50\", \"code\": 7}");
        assertThatThrownBy(() -> trainers().create(TrainerSpec.of("job-1", "m")))
                .hasMessageContaining("HTTP 403")
                .hasMessageContaining("B200 needs Tier 2, add $50")
                .hasMessageNotContaining("test-key");
        assertThat(plane.requests()).hasSize(1);
    }

    @Test
    void a_401_says_that_training_needs_a_key_of_its_scope() {
        plane.on("POST", "/rlorTrainerJobs?", 401, "{\"error\": {\"message\": \"unauthorized\"}}");
        assertThatThrownBy(() -> trainers().create(TrainerSpec.of("job-1", "m")))
                .hasMessageContaining("training scope");
    }

    @Test
    void a_quota_that_is_used_up_is_not_asked_for_again_instead() {
        plane.on("POST", "/rlorTrainerJobs?", 429, "{\"message\": \"quota_exceeded\", \"code\": 8}");
        assertThatThrownBy(() -> trainers().create(TrainerSpec.of("job-1", "m")))
                .isInstanceOfSatisfying(
                        FireworksException.class, no -> assertThat(no.reason()).isEqualTo(Reason.QUOTA));
        assertThat(plane.requests()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "accelerator-type, x, 0, 0, 0, ok, PT30M, shape",
        "node-count, '', 0, 4, 0, ok, PT30M, shape",
        "context, '', 0, 0, 8192, ok, PT30M, shape",
        "inactivity, '', 0, 0, 0, ok, PT-1S, inactivity-timeout",
        "inactivity, '', 0, 0, 0, ok, PT3H1S, at most 3 hours",
        "name, '', 0, 0, 0, long, PT30M, shorter than 64 characters",
    })
    void wrong_settings_are_told_before_anybody_is_asked(
            String what, String type, int count, int nodes, int context, String name, Duration idle, String said) {
        assertThatThrownBy(() -> new TrainerSpec(
                        "job-1",
                        "m",
                        0,
                        1e-5,
                        some(context),
                        "accounts/a/trainingShapes/s",
                        type,
                        some(count),
                        some(nodes),
                        "",
                        "",
                        List.of(),
                        name.equals("long") ? "x".repeat(64) : name,
                        "",
                        false,
                        false,
                        idle))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(said);
    }

    private static OptionalInt some(int value) {
        return value == 0 ? OptionalInt.empty() : OptionalInt.of(value);
    }

    @Test
    void a_base_model_is_needed_and_an_image_may_be_chosen_for_a_shape() {
        assertThatThrownBy(() -> TrainerSpec.of("job-1", "")).hasMessageContaining("base-model");
        assertThatThrownBy(() -> TrainerSpec.of("Job_1", "m")).hasMessageContaining("a-z, 0-9");
    }

    // Waiting

    @Test
    void a_running_job_serves_by_the_gateway() {
        plane.on(
                "GET",
                "/v1/accounts",
                200,
                job("RUNNING")
                        .replace(
                                "{\"name\"",
                                "{\"directRouteHandle\": \"https://direct/\", \"trainingConfig\": {\"maxContextLength\": 32768}, \"name\""));
        plane.on("GET", "/healthz", 200, "ok");
        TrainerEndpoint endpoint = trainers().waitForReady("job-1", WaitLimits.DEFAULT, QUIET);
        assertThat(endpoint.baseUrl())
                .hasToString("https://api.example.com/training/v1/rlorTrainerJobs/test-account/job-1");
        assertThat(endpoint.maxContextLength()).hasValue(32768);
        assertThat(plane.requests()).hasSize(2);
    }

    @Test
    void a_running_job_whose_gateway_does_not_serve_is_asked_directly() {
        plane.on(
                "GET",
                "/v1/accounts",
                200,
                job("RUNNING").replace("{\"name\"", "{\"directRouteHandle\": \"https://direct/\", \"name\""));
        plane.on("GET", "/training/", 503, "no healthy upstream");
        plane.on("GET", "/api/v1/healthz", 200, "ok");
        assertThat(trainers().waitForReady("job-1", WaitLimits.DEFAULT, QUIET).baseUrl())
                .hasToString("https://direct");
    }

    @ParameterizedTest
    @ValueSource(ints = {202, 404, 503})
    void only_a_200_is_healthy(int status) {
        plane.on("GET", "/v1/accounts", 200, job("RUNNING"));
        plane.on("GET", "/healthz", status == 202 ? 503 : status, "{}", 200, "{}");
        trainers().waitForReady("job-1", WaitLimits.DEFAULT, QUIET);
        assertThat(plane.count("GET", "/healthz")).isEqualTo(2);
    }

    @Test
    void a_failed_job_is_an_error_with_what_it_says() {
        plane.on("GET", JOB, 200, job("FAILED", "GPU OOM"));
        assertThatThrownBy(() -> trainers().waitForReady("job-1", WaitLimits.DEFAULT, QUIET))
                .hasMessageContaining("FAILED")
                .hasMessageContaining("GPU OOM");
        assertThat(plane.requests()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DELETED", "ARCHIVED"})
    void a_tombstone_fails_at_once_also_when_reconnecting(String state) {
        plane.on("GET", JOB, 200, job(state));
        assertThatThrownBy(() -> trainers().waitForReady("job-1", WaitLimits.DEFAULT, QUIET))
                .hasMessageContaining("new id");
        assertThatThrownBy(() -> trainers().reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET))
                .isInstanceOfSatisfying(
                        FireworksException.class, no -> assertThat(no.reason()).isEqualTo(Reason.GONE));
        assertThat(plane.requests()).hasSize(2);
        assertThat(clock.seconds()).isLessThan(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"CANCELLED", "PAUSED", "EXPIRED", "COMPLETED", "EARLY_STOPPED"})
    void a_job_that_stands_still_is_told_at_once_and_not_after_the_clock_of_readiness(String state) {
        plane.on("GET", JOB, 200, job(state, "Service cancelled"));
        assertThatThrownBy(() ->
                        trainers().waitForReady("job-1", WaitLimits.DEFAULT.withReady(Duration.ofHours(1)), QUIET))
                .hasMessageContaining(state);
        assertThat(clock.seconds()).isLessThan(1);
    }

    @Test
    void a_state_from_before_a_resume_may_still_be_shown() {
        plane.on("POST", ":resume", 200, "{}");
        plane.on("GET", JOB, states("CANCELLED", "CANCELLED", "PENDING", "RUNNING"));
        plane.on("GET", "/healthz", 200, "{}");
        trainers().resumeAndWait("job-1", WaitLimits.DEFAULT, QUIET);
        assertThat(plane.count("GET", "accounts/test-account" + JOB)).isEqualTo(4);
    }

    @Test
    void becoming_ready_has_a_clock() {
        plane.on("GET", JOB, 200, job("CREATING"));
        assertThatThrownBy(() ->
                        trainers().waitForReady("job-1", WaitLimits.DEFAULT.withReady(Duration.ofSeconds(60)), QUIET))
                .isInstanceOfSatisfying(
                        FireworksException.class, no -> assertThat(no.reason()).isEqualTo(Reason.TIMEOUT))
                .hasMessageContaining("to become ready");
        assertThat(clock.seconds()).isBetween(60.0, 70.0);
    }

    @Test
    void capacity_has_a_clock_of_its_own() {
        plane.on("GET", JOB, 200, job("PENDING"));
        WaitLimits limits = WaitLimits.DEFAULT.withReady(Duration.ofSeconds(1)).withPending(Duration.ofMinutes(30));
        assertThatThrownBy(() -> trainers().waitForReady("job-1", limits, QUIET))
                .hasMessageContaining("for capacity");
        assertThat(clock.seconds()).isBetween(1_800.0, 1_810.0);
    }

    @Test
    void the_clock_of_readiness_starts_after_pending() {
        plane.on("GET", JOB, states("PENDING", "PENDING", "PENDING", "PENDING", "CREATING", "RUNNING"));
        plane.on("GET", "/healthz", 200, "{}");
        trainers().waitForReady("job-1", WaitLimits.DEFAULT.withReady(Duration.ofSeconds(8)), QUIET);
        assertThat(clock.seconds()).isBetween(25.0, 26.0);
    }

    // Reconnecting

    @ParameterizedTest
    @ValueSource(strings = {"FAILED", "CANCELLED", "PAUSED"})
    void what_stands_still_is_resumed(String state) {
        plane.on("GET", JOB, states(state, state, "CREATING", "RUNNING"));
        plane.on("POST", ":resume", 200, "{}");
        plane.on("GET", "/healthz", 200, "{}");
        trainers().reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET);
        assertThat(plane.count("POST", ":resume")).isEqualTo(1);
    }

    @Test
    void a_job_that_is_creating_for_ever_is_told() {
        plane.on("GET", JOB, 200, job("CREATING"));
        assertThatThrownBy(() -> trainers().reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET))
                .hasMessageContaining("CREATING");
        assertThat(clock.seconds()).as("ten minutes instead of two").isBetween(600.0, 610.0);
    }

    @Test
    void pending_is_not_given_up_after_two_minutes_instead() {
        String[] pending = new String[502];
        Arrays.fill(pending, "PENDING");
        pending[500] = "CREATING";
        pending[501] = "RUNNING";
        plane.on("GET", JOB, states(pending));
        plane.on("GET", "/healthz", 200, "{}");
        trainers().reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET);
        assertThat(clock.seconds()).isGreaterThan(2_500);
    }

    @Test
    void a_finished_job_is_resumed_only_when_asked_instead() {
        plane.on("GET", JOB, states("COMPLETED", "COMPLETED", "CREATING", "RUNNING"));
        plane.on("POST", ":resume", 200, "{}");
        plane.on("GET", "/healthz", 200, "{}");
        assertThatThrownBy(() -> trainers().reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET))
                .isInstanceOfSatisfying(
                        FireworksException.class, no -> assertThat(no.reason()).isEqualTo(Reason.COMPLETED));
        assertThat(plane.count("POST", ":resume")).isZero();
        trainers().reconnectAndWait("job-1", WaitLimits.RECONNECT, true, QUIET);
        assertThat(plane.count("POST", ":resume")).isEqualTo(1);
    }

    @Test
    void a_job_that_always_fails_is_not_resumed_for_ever_instead() {
        plane.on("GET", JOB, 200, job("FAILED", "bad config"));
        plane.on("POST", ":resume", 200, "{}");
        assertThatThrownBy(() -> trainers().reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET))
                .hasMessageContaining("after 5 resumes without a step");
        assertThat(plane.count("POST", ":resume")).isEqualTo(5);
    }

    @Test
    void a_fault_of_its_own_is_not_resumed_instead() {
        plane.on(
                "GET",
                JOB,
                200,
                "{\"name\": \"a/job-1\", \"state\": \"JOB_STATE_FAILED\", \"status\": {\"message\": \"no\","
                        + " \"details\": [{\"@type\": \"type.googleapis.com/google.rpc.ErrorInfo\", \"reason\": \"INVALID_CONFIG\"}]}}");
        assertThatThrownBy(() -> trainers().reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET))
                .hasMessageContaining("INVALID_CONFIG");
    }

    @Test
    void a_suspended_account_is_told_instead() {
        plane.on("GET", JOB, 200, job("PAUSED", "Account x is suspended"));
        assertThatThrownBy(() -> trainers().reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET))
                .isInstanceOfSatisfying(
                        FireworksException.class, no -> assertThat(no.reason()).isEqualTo(Reason.ACCOUNT_BLOCKED));
    }

    @Test
    void a_control_plane_that_is_away_for_half_an_hour_does_not_end_the_wait_instead() {
        Object[] answers = new Object[62];
        for (int i = 0; i < 60; i += 2) {
            answers[i] = 503;
            answers[i + 1] = "{}";
        }
        answers[60] = 200;
        answers[61] = job("RUNNING");
        plane.on("GET", JOB, answers);
        plane.on("GET", "/healthz", 200, "{}");
        trainers().reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET);
        assertThat(clock.seconds()).isGreaterThan(120);
    }

    @Test
    void a_resume_that_was_heard_and_whose_answer_was_lost_is_no_error_instead() {
        plane.on("GET", JOB, states("FAILED", "CREATING", "RUNNING"));
        plane.on(
                "POST",
                ":resume",
                504,
                "{}",
                400,
                "{\"code\": 9, \"message\": \"is in state CREATING and cannot be resumed\"}");
        plane.on("GET", "/healthz", 200, "{}");
        trainers().reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET);
    }

    @Test
    void a_job_that_runs_without_a_step_is_noticed_by_its_steps_instead() {
        plane.on("GET", JOB, states("RUNNING", "RUNNING", "RUNNING", "CANCELLED", "CREATING", "RUNNING"));
        plane.on("POST", ":cancel", 200, "{}");
        plane.on("POST", ":resume", 200, "{}");
        plane.on("GET", "/healthz", 200, "{}");
        TrainerJobManager trainers = trainers();
        trainers.progress("job-1", 7);
        clock.advance(Duration.ofMinutes(40));
        trainers.reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET);
        assertThat(plane.count("POST", ":cancel")).as("a long step is no proof").isZero();
        clock.advance(Duration.ofMinutes(9));
        trainers.reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET);
        assertThat(plane.count("POST", ":cancel"))
                .as("nine minutes are no proof")
                .isZero();
        clock.advance(Duration.ofMinutes(2));
        trainers.reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET);
        assertThat(plane.count("POST", ":cancel")).isEqualTo(1);
        assertThat(plane.count("POST", ":resume")).isEqualTo(1);
    }

    @Test
    void a_long_wait_for_capacity_is_no_silent_death() {
        String[] states = new String[242];
        Arrays.fill(states, "PENDING");
        states[0] = "FAILED";
        states[240] = "CREATING";
        states[241] = "RUNNING";
        plane.on("GET", JOB, states(states));
        plane.on("POST", ":resume", 200, "{}");
        plane.on("GET", "/healthz", 200, "{}");
        TrainerJobManager trainers = trainers();
        trainers.progress("job-1", 7);
        trainers.reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET);
        trainers.reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET);
        assertThat(clock.seconds()).isGreaterThan(1_100);
        assertThat(plane.count("POST", ":cancel")).isZero();
        assertThat(plane.count("POST", ":resume")).isEqualTo(1);
    }

    @Test
    void an_outage_at_the_moment_of_the_deed_ends_no_wait() {
        plane.on("GET", JOB, states("FAILED", "FAILED", "CREATING", "RUNNING"));
        Object[] answers = new Object[80];
        for (int i = 0; i < 78; i += 2) {
            answers[i] = 503;
            answers[i + 1] = "{}";
        }
        answers[78] = 200;
        answers[79] = "{}";
        plane.on("POST", ":resume", answers);
        plane.on("GET", "/healthz", 200, "{}");
        trainers().reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET);
    }

    @Test
    void too_many_looks_are_a_pace_and_no_quota() {
        Object[] answers = new Object[102];
        for (int i = 0; i < 100; i += 2) {
            answers[i] = 429;
            answers[i + 1] = "{}";
        }
        answers[100] = 200;
        answers[101] = job("RUNNING");
        plane.on("GET", JOB, answers);
        plane.on("GET", "/healthz", 200, "{}");
        trainers().reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET);
    }

    @Test
    void a_job_on_its_way_out_has_a_clock_that_starts_there() {
        String[] states = new String[76];
        Arrays.fill(states, "RUNNING");
        for (int i = 66; i < 72; i++) {
            states[i] = "CANCELLING";
        }
        states[72] = "CANCELLED";
        states[73] = "CREATING";
        plane.on("GET", JOB, states(states));
        plane.on("POST", ":resume", 200, "{}");
        Object[] health = new Object[136];
        for (int i = 0; i < 134; i += 2) {
            health[i] = 503;
            health[i + 1] = "{}";
        }
        health[134] = 200;
        health[135] = "{}";
        plane.on("GET", "/healthz", health);
        trainers().reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET);
        assertThat(plane.count("POST", ":resume")).isEqualTo(1);
    }

    @Test
    void a_wait_whose_job_trains_again_is_over_and_its_clocks_with_it() {
        plane.on("GET", JOB, states("CREATING", "FAILED", "CREATING", "RUNNING"));
        plane.on("POST", ":resume", 200, "{}");
        plane.on("GET", "/healthz", 200, "{}");
        TrainerJobManager trainers = trainers();
        assertThatThrownBy(() -> trainers.reconnectAndWait(
                        "job-1",
                        WaitLimits.RECONNECT,
                        false,
                        (watch, because) -> Thread.currentThread().interrupt()))
                .isInstanceOf(FireworksException.class);
        assertThat(Thread.interrupted()).isTrue();
        clock.advance(Duration.ofHours(1));
        trainers.progress("job-1", 5);
        clock.advance(Duration.ofDays(3));
        trainers.reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET);
    }

    @Test
    void a_second_reconnect_joins_the_first_instead() throws Exception {
        plane.on("GET", JOB, states("FAILED", "PENDING", "PENDING", "CREATING", "RUNNING"));
        plane.on("POST", ":resume", 200, "{}");
        plane.on("GET", "/healthz", 200, "{}");
        TrainerJobManager trainers = trainers();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        ExecutorService two = Executors.newFixedThreadPool(2);
        try {
            var first = two.submit(
                    () -> trainers.reconnectAndWait("job-1", WaitLimits.RECONNECT, false, (watch, because) -> {
                        begun.countDown();
                        await(go);
                    }));
            begun.await();
            var second = two.submit(() -> trainers.reconnectAndWait("job-1", WaitLimits.RECONNECT, false, QUIET));
            while (!trainers.isJoined("job-1")) {
                Thread.onSpinWait();
            }
            go.countDown();
            assertThat(second.get()).isEqualTo(first.get());
        } finally {
            two.shutdownNow();
        }
        assertThat(plane.count("POST", ":resume")).isEqualTo(1);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void an_interrupted_wait_leaves_the_job_alone_and_can_be_taken_up() {
        plane.on("GET", JOB, 200, job("PENDING"));
        TrainerJobManager trainers = trainers();
        assertThatThrownBy(() -> trainers.reconnectAndWait(
                        "job-1",
                        WaitLimits.RECONNECT,
                        false,
                        (watch, because) -> Thread.currentThread().interrupt()))
                .isInstanceOfSatisfying(
                        FireworksException.class, no -> assertThat(no.reason()).isEqualTo(Reason.CANCELLED));
        assertThat(Thread.interrupted()).isTrue();
        Ledger ledger = Ledger.open(folder.resolve("ledger.db").toString());
        assertThat(ledger.watches().unfinished()).singleElement().satisfies(watch -> {
            assertThat(watch.job()).isEqualTo("job-1");
            assertThat(watch.holder()).isEmpty();
        });
        assertThat(plane.count("POST", "")).isZero();
    }

    // Checkpoints

    private static String checkpoint(int step, String type, String time) {
        return "{\"name\": \"accounts/a/rlorTrainerJobs/job-1/checkpoints/step-" + step + "\", \"createTime\": \""
                + time + "\", \"checkpointType\": \"" + type + "\", \"promotable\": " + type.startsWith("INFERENCE")
                + "}";
    }

    @Test
    void checkpoints_come_from_all_pages_and_are_sorted_by_their_dates() {
        plane.on(
                "GET",
                "pageToken=tok-2",
                200,
                "{\"checkpoints\": [" + checkpoint(2, "CHECKPOINT_TYPE_TRAINING", "2026-04-16T10:00:00.5Z")
                        + "], \"nextPageToken\": \"\"}");
        plane.on(
                "GET",
                "/checkpoints?pageSize=200",
                200,
                "{\"checkpoints\": [" + checkpoint(3, "INFERENCE_BASE", "2026-04-16T10:00:01Z") + ","
                        + checkpoint(1, "CHECKPOINT_TYPE_TRAINING_LORA", "2026-04-16T10:00:00Z")
                        + "], \"nextPageToken\": \"tok-2\"}");
        List<Checkpoint> rows = trainers().listCheckpoints("job-1");
        assertThat(rows).extracting(Checkpoint::id).containsExactly("step-1", "step-2", "step-3");
        assertThat(rows).extracting(Checkpoint::resumable).containsExactly(true, true, false);
        assertThat(rows.get(2).promotable()).isTrue();
    }

    @Test
    void the_other_key_and_an_empty_answer_are_understood() {
        plane.on(
                "GET",
                "/checkpoints",
                200,
                "{\"rlorTrainerJobCheckpoints\": [" + checkpoint(1, "TRAINING", "2026-04-16T10:00:00Z") + "]}",
                200,
                "{}");
        assertThat(trainers().listCheckpoints("job-1")).hasSize(1);
        assertThat(trainers().listCheckpoints("job-1")).isEmpty();
    }

    @Test
    void pages_that_lead_in_a_circle_are_an_error_instead() {
        plane.on("GET", "/checkpoints", 200, "{\"checkpoints\": [], \"nextPageToken\": \"x\"}");
        assertThatThrownBy(() -> trainers().listCheckpoints("job-1")).hasMessageContaining("leads back");
    }

    @ParameterizedTest
    @CsvSource({"404, NOT_FOUND", "403, NOT_ALLOWED"})
    void a_list_that_is_refused_is_an_error_and_no_fresh_start(int status, Reason reason) {
        plane.on("GET", "/checkpoints", status, "{\"message\": \"\", \"code\": 5}");
        assertThatThrownBy(() -> trainers().resumePoint("job-1"))
                .isInstanceOfSatisfying(
                        FireworksException.class, no -> assertThat(no.reason()).isEqualTo(reason));
    }

    @Test
    void a_save_that_is_not_listed_yet_is_waited_for_and_never_a_fresh_start_instead() {
        plane.on(
                "GET",
                "/checkpoints",
                200,
                "{}",
                200,
                "{}",
                200,
                "{\"checkpoints\": [" + checkpoint(40, "TRAINING", "2026-04-16T10:00:00Z") + "]}");
        TrainerJobManager trainers = trainers();
        trainers.saved("job-1", 40);
        assertThat(trainers.resumePoint("job-1")).map(Checkpoint::id).hasValue("step-40");
        trainers.saved("job-1", 80);
        assertThatThrownBy(() -> trainers.resumePoint("job-1")).hasMessageContaining("do not start anew");
    }

    // Promotion

    @Test
    void a_checkpoint_becomes_a_model() {
        plane.on(
                "GET",
                "/checkpoints?",
                200,
                "{\"checkpoints\": [" + checkpoint(3, "INFERENCE_BASE", "2026-04-16T10:00:01Z") + "]}");
        plane.on(
                "POST",
                ":promote",
                400,
                "{\"message\": \"unknown field \\\"async_promotion\\\"\"}",
                200,
                "{\"operation\": {\"name\": \"operations/1\", \"done\": false}}");
        plane.on(
                "GET",
                "/v1/operations/1",
                200,
                "{}",
                503,
                "{}",
                200,
                "{\"done\": true, \"response\": {\"name\": \"accounts/a/models/mine\"}}");
        assertThat(trainers().promoteCheckpoint("job-1", "step-3", "mine", "base", QUIET))
                .isEqualTo("accounts/a/models/mine");
        List<ScriptedSender.Asked> posts = plane.requests().stream()
                .filter(each -> each.method().equals("POST"))
                .toList();
        assertThat(posts.get(0).body())
                .contains(
                        "\"async_promotion\":true",
                        "accounts/test-account/models/mine",
                        "accounts/test-account/rlorTrainerJobs/job-1");
        assertThat(posts.get(1).body()).doesNotContain("async_promotion");
    }

    @Test
    void a_promotion_that_fails_says_why() {
        plane.on(
                "GET",
                "/checkpoints?",
                200,
                "{\"checkpoints\": [" + checkpoint(3, "INFERENCE_BASE", "2026-04-16T10:00:01Z") + "]}");
        plane.on("POST", ":promote", 200, "{\"operation\": {\"name\": \"operations/1\"}}");
        plane.on("GET", "/v1/operations/1", 200, "{\"done\": true, \"error\": {\"message\": \"promotion failed\"}}");
        assertThatThrownBy(() -> trainers().promoteCheckpoint("job-1", "step-3", "mine", "base", QUIET))
                .hasMessageContaining("promotion failed");
    }

    @Test
    void a_wrong_model_id_or_checkpoint_is_told_before_anything_is_staged_instead() {
        plane.on(
                "GET",
                "/checkpoints?",
                200,
                "{\"checkpoints\": [" + checkpoint(3, "TRAINING", "2026-04-16T10:00:01Z") + "]}");
        assertThatThrownBy(() -> trainers().promoteCheckpoint("job-1", "step-3", "My_Model", "base", QUIET))
                .hasMessageContaining("a-z, 0-9");
        assertThatThrownBy(() -> trainers().promoteCheckpoint("job-1", "step-3", "mine", "base", QUIET))
                .hasMessageContaining("not promotable");
        assertThatThrownBy(() -> trainers().promoteCheckpoint("job-1", "step-9", "mine", "base", QUIET))
                .hasMessageContaining("no such checkpoint");
        assertThat(plane.count("POST", "")).isZero();
    }

    // Account, get, delete

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|no account",
                "{\"accounts\": [{\"name\": \"accounts/a\"}, {\"name\": \"accounts/b\"}]}|more than one account"
            })
    void the_account_is_that_of_the_key(String answer, String said) {
        plane.on("GET", "/v1/accounts?pageSize=2", 200, answer);
        Access access = new Access(URI.create("https://api.example.com"), "test-key", Optional.empty());
        FireworksClient client = new FireworksClient(
                access, Ledger.open(folder.resolve("l.db").toString()), plane, clock, CallListener.NONE, "me", 1);
        assertThatThrownBy(() -> client.trainers().get("job-1")).hasMessageContaining(said);
    }

    @Test
    void a_job_that_is_not_there_is_nothing_to_find_and_an_error_to_get() {
        plane.on("GET", JOB, 404, "{\"message\": \"not found\"}");
        plane.on("DELETE", JOB, 404, "{\"message\": \"not found\"}", 403, "{\"message\": \"no\"}");
        assertThat(trainers().find("job-1")).isEmpty();
        assertThatThrownBy(() -> trainers().get("job-1")).isInstanceOf(FireworksException.class);
        assertThat(trainers().delete("job-1")).isFalse();
        assertThatThrownBy(() -> trainers().delete("job-1"))
                .as("instead of swallowing it")
                .isInstanceOf(FireworksException.class);
    }
}
