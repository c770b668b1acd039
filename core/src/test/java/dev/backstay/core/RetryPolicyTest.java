package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {

    private static final long SECOND = 1_000_000_000L;
    private static final Failure LOST = Failure.lost(Phase.CONNECTING, "refused");

    private final RetryBudget budget = new RetryBudget();
    private long remaining = 60 * SECOND;

    @Test
    void what_may_help_is_tried_again() {
        assertThat(decide(LOST, 1, 1, false, 1)).isEqualTo(new RetryPolicy.Again(SECOND / 4));
    }

    @Test
    void a_final_failure_is_not() {
        assertThat(decide(Failure.answered(FailureKind.BAD_REQUEST, 400, ""), 1, 1, false, 0))
                .isEqualTo(no(GiveUp.NOT_RETRYABLE));
    }

    @Test
    void an_answer_that_has_begun_is_not() {
        assertThat(decide(Failure.lost(Phase.STREAMING, ""), 1, 1, true, 10)).isEqualTo(no(GiveUp.ANSWER_STARTED));
    }

    @Test
    void tries_are_counted() {
        assertThat(decide(LOST, 6, 1, false, 10)).isEqualTo(no(GiveUp.ATTEMPTS_SPENT));
        assertThat(decide(LOST, 99, 1, false, 1)).as("cheap ones hardly count").isInstanceOf(RetryPolicy.Again.class);
        assertThat(decide(LOST, 100, 1, false, 1)).isEqualTo(no(GiveUp.ATTEMPTS_SPENT));
        Failure bug = Failure.answered(FailureKind.SERVER_ERROR, 500, "");
        assertThat(decide(bug, 2, 2, false, 1)).isInstanceOf(RetryPolicy.Again.class);
        assertThat(decide(bug, 3, 3, false, 1)).isEqualTo(no(GiveUp.ATTEMPTS_SPENT));
    }

    @Test
    void a_hint_too_long_is_said_and_not_slept_through() {
        Failure tomorrow = LOST.withServerWish(Optional.of(Duration.ofHours(24)), Optional.empty());
        assertThat(decide(tomorrow, 1, 1, false, 1)).isEqualTo(no(GiveUp.HINT_TOO_LONG));
    }

    @Test
    void no_pause_outlasts_the_deadline() {
        remaining = SECOND / 4;
        assertThat(decide(LOST, 1, 1, false, 1)).isEqualTo(new RetryPolicy.Again(remaining / 16));
        Failure hinted = LOST.withServerWish(Optional.of(Duration.ofSeconds(1)), Optional.empty());
        assertThat(decide(hinted, 1, 1, false, 1)).isEqualTo(no(GiveUp.NO_TIME_LEFT));
        assertThat(budget.balance(0)).as("taken for the first").isEqualTo(RetryBudget.CAPACITY - 1.0);
    }

    @Test
    void an_empty_budget_stops_retries_but_not_parked_calls() {
        while (budget.tryWithdraw(1, 0)) {}
        assertThat(decide(LOST, 1, 1, false, 1)).isEqualTo(no(GiveUp.BUDGET_EMPTY));
        assertThat(decide(LOST, 1, 1, false, 0)).isInstanceOf(RetryPolicy.Again.class);
    }

    @Test
    void the_servers_word_goes_before_the_table() {
        Failure gone = Failure.answered(FailureKind.BAD_REQUEST, 400, "");
        assertThat(decide(gone.withServerWish(Optional.empty(), Optional.of(true)), 1, 1, false, 0))
                .isInstanceOf(RetryPolicy.Again.class);
        assertThat(decide(LOST.withServerWish(Optional.empty(), Optional.of(false)), 1, 1, false, 1))
                .isEqualTo(no(GiveUp.NOT_RETRYABLE));
    }

    @Test
    void settings_that_make_no_sense_are_refused_by_name() {
        assertThatThrownBy(() -> new RetryPolicy(0, Duration.ofSeconds(1), Backoff.DEFAULT))
                .hasMessageContaining("max-attempts is 0");
        assertThatThrownBy(() -> new RetryPolicy(1, Duration.ZERO, Backoff.DEFAULT))
                .hasMessageContaining("longest-hint");
    }

    private RetryPolicy.Verdict decide(Failure failure, int attempts, int ofKind, boolean delivered, int cost) {
        RetryPolicy.Setback setback = new RetryPolicy.Setback(
                failure, cost > 1 ? attempts : 0, cost > 1 ? 0 : attempts, ofKind, delivered, cost, cost == 0);
        return RetryPolicy.DEFAULT.decide(setback, new Deadline(remaining), budget, Chances.always(0.5), 0);
    }

    private static RetryPolicy.Verdict no(GiveUp reason) {
        return new RetryPolicy.No(reason);
    }
}
