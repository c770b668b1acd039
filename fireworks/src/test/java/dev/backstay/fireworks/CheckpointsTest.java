package dev.backstay.fireworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.core.CallListener;
import dev.backstay.fireworks.FireworksException.Reason;
import dev.backstay.ledger.Ledger;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checkpoints, promotion, and the rest. */
class CheckpointsTest extends TrainerSituations {

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
