package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryBudgetTest {

    private static final long SECOND = 1_000_000_000L;

    private final RetryBudget budget = new RetryBudget();

    @Test
    void a_full_budget_pays_for_a_hundred_cheap_retries_or_ten_expensive_ones() {
        assertThat(retriesAtOnce(1)).isEqualTo(100);
        assertThat(new RetryBudget().balance(0)).isEqualTo(100);
        budget.balance(0);
        for (int i = 0; i < 100; i++) {
            budget.deposit(0);
        }
        assertThat(retriesAtOnce(10)).isEqualTo(10);
    }

    @Test
    void a_refusal_takes_nothing() {
        assertThat(retriesAtOnce(10)).isEqualTo(10);
        budget.deposit(0);
        assertThat(budget.tryWithdraw(10, 0)).isFalse();
        assertThat(budget.balance(0)).isEqualTo(1);
    }

    @Test
    void a_trickle_comes_back_by_itself_but_time_never_runs_backwards() {
        retriesAtOnce(1);
        assertThat(budget.tryWithdraw(1, 5 * SECOND)).isTrue();
        assertThat(budget.tryWithdraw(1, 4 * SECOND)).isFalse();
    }

    /**
     * After finagle's RetryBudgetTest (a ratio of deposits allows that share of retries): with cost c per retry and 1 per
     * success, n successes pay for n / c retries.
     */
    @ParameterizedTest
    @CsvSource({"1", "2", "3", "5", "10"})
    void successes_pay_for_their_share_of_retries(int cost) {
        retriesAtOnce(1);
        int retries = 0;
        for (int i = 0; i < 10_000; i++) {
            budget.deposit(0);
            retries += budget.tryWithdraw(cost, 0) ? 1 : 0;
        }
        assertThat((double) retries).isCloseTo(10_000.0 / cost, within(1.0));
    }

    /** After twitter/util's TokenBucketTest, {@code boundedBucket}: what does not fit is lost, what is not there is refused. */
    @Test
    void the_budget_is_a_bounded_bucket() {
        RetryBudget bounded = new RetryBudget(10);
        assertThat(bounded.tryWithdraw(10, 0)).isTrue();
        deposit(bounded, 5);
        assertThat(bounded.tryWithdraw(3, 0)).isTrue();
        deposit(bounded, 6);
        assertThat(bounded.tryWithdraw(2, 0)).isTrue();
        assertThat(bounded.tryWithdraw(5, 0)).isTrue();
        assertThat(bounded.tryWithdraw(6, 0)).isFalse();
        assertThat(bounded.balance(0)).isEqualTo(1);
        deposit(bounded, 15);
        assertThat(bounded.balance(0)).isEqualTo(10);
        assertThat(bounded.tryWithdraw(10, 0)).isTrue();
        assertThat(bounded.tryWithdraw(1, 0)).isFalse();
        deposit(bounded, 15);
        assertThat(bounded.tryWithdraw(11, 0)).isFalse();
        assertThat(bounded.balance(0)).isEqualTo(10);
    }

    private static void deposit(RetryBudget to, int times) {
        for (int i = 0; i < times; i++) {
            to.deposit(0);
        }
    }

    private int retriesAtOnce(int cost) {
        int retries = 0;
        while (budget.tryWithdraw(cost, 0)) {
            retries++;
        }
        return retries;
    }
}
