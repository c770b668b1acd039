package dev.backstay.fireworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.backstay.fireworks.FireworksException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Creating trainers. */
class TrainerCreationTest extends TrainerSituations {

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
}
