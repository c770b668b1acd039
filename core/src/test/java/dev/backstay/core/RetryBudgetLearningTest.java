package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The budget learns where failures come from, and prices retries by it. */
class RetryBudgetLearningTest {

    private final RetryBudget budget = new RetryBudget();
    private final SplittableRandom random = new SplittableRandom(1);

    @Test
    void prices_are_those_of_the_table_while_nothing_is_known() {
        assertThat(budget.cause()).isEqualTo(RetryBudget.Cause.UNKNOWN);
        assertThat(budget.price(1)).isEqualTo(1);
        assertThat(budget.price(10)).isEqualTo(10);
    }

    @Test
    void in_a_brownout_that_hits_anybody_refusals_are_free_and_burned_requests_cheap() {
        brownout(60);
        assertThat(budget.cause()).isEqualTo(RetryBudget.Cause.CHANCE);
        assertThat(budget.price(1)).isZero();
        assertThat(budget.price(10)).isEqualTo(1);
    }

    @Test
    void where_load_is_the_cause_prices_are_those_of_the_table() {
        for (int i = 0; i < 400; i++) {
            int inFlight = random.nextInt(60);
            budget.heard(inFlight, i % 3 == 0, inFlight < 30);
        }
        assertThat(budget.cause()).isEqualTo(RetryBudget.Cause.LOAD);
        assertThat(budget.price(10)).isEqualTo(10);
    }

    @Test
    void where_everything_fails_prices_are_those_of_the_table() {
        for (int i = 0; i < 400; i++) {
            budget.heard(10, i % 2 == 0, false);
        }
        assertThat(budget.cause()).isEqualTo(RetryBudget.Cause.UNKNOWN);
        assertThat(budget.price(1)).isEqualTo(1);
    }

    @Test
    void a_long_run_of_failures_by_chance_does_not_shut_the_gate() {
        assertThat(budget.tripWeight()).isEqualTo(Gate.TRIP_WEIGHT);
        brownout(60);
        assertThat(budget.tripWeight())
                .as("0.6 to this power is one in a million")
                .isBetween(23, 33);
        brownout(5);
        assertThat(budget.tripWeight()).isEqualTo(Gate.TRIP_WEIGHT);
    }

    private void brownout(int percent) {
        for (int i = 0; i < 2_000; i++) {
            budget.heard(20 + random.nextInt(20), i % 3 == 0, random.nextInt(100) >= percent);
        }
    }
}
