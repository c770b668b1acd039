package dev.backstay.fireworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.fireworks.FireworksException.Reason;
import dev.backstay.ledger.Ledger;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reconnecting trainers. */
class TrainerReconnectingTest extends TrainerSituations {

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
                LockSupport.parkNanos(1_000_000);
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
    void who_joined_one_that_leaves_goes_on_and_an_error_leaves_nobody_waiting() {
        SingleFlight<String> flight = new SingleFlight<>();
        assertThatThrownBy(() -> flight.run("a", () -> {
                    throw new StackOverflowError("of the first");
                }))
                .isInstanceOf(StackOverflowError.class);
        assertThat(flight.run("a", () -> "done")).isEqualTo("done");
        CountDownLatch go = new CountDownLatch(1);
        ExecutorService two = Executors.newFixedThreadPool(2);
        try {
            CountDownLatch begun = new CountDownLatch(1);
            two.submit(() -> flight.run("b", () -> {
                begun.countDown();
                await(go);
                throw new FireworksException(Reason.CANCELLED, "the first left", "");
            }));
            var second = two.submit(() -> {
                await(begun);
                return flight.run("b", () -> "the second goes on");
            });
            while (!flight.isJoined("b")) {
                LockSupport.parkNanos(1_000_000);
            }
            go.countDown();
            assertThat(second).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("the second goes on");
        } finally {
            two.shutdownNow();
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
}
