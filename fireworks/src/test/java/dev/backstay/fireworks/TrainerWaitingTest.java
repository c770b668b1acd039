package dev.backstay.fireworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.fireworks.FireworksException.Reason;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Waiting for trainers. */
class TrainerWaitingTest extends TrainerSituations {

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
}
