package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HedgePolicyTest {

    private static final long MILLI = 1_000_000L;

    private final HedgePolicy hedges = new HedgePolicy();

    @Test
    void one_send_in_twenty_may_be_a_hedge_and_ten_may_be_saved_up() {
        assertThat(hedges.take()).as("nothing sent yet").isFalse();
        int raced = 0;
        for (int i = 0; i < 10_000; i++) {
            hedges.sent();
            raced += hedges.take() ? 1 : 0;
        }
        assertThat(raced).isBetween(490, 500);
        for (int i = 0; i < 10_000; i++) {
            hedges.sent();
        }
        int saved = 0;
        while (hedges.take()) {
            saved++;
        }
        assertThat(saved).isEqualTo(10);
    }

    @Test
    void nobody_is_raced_while_nothing_is_known() {
        assertThat(hedges.delayNanos(new Pace(), Workload.INTERACTIVE, 100)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void the_race_begins_when_97_of_100_first_tokens_are_there() {
        Pace pace = new Pace();
        for (int i = 1; i <= 1_000; i++) {
            pace.firstEvent(Workload.INTERACTIVE, 100, 0, i * 10 * MILLI);
        }
        assertThat(hedges.delayNanos(pace, Workload.INTERACTIVE, 100)).isBetween(9_700 * MILLI, 10_500 * MILLI);
    }

    @Test
    void quick_answers_are_never_raced_before_half_a_second() {
        Pace pace = new Pace();
        for (int i = 0; i < 100; i++) {
            pace.firstEvent(Workload.INTERACTIVE, 100, 0, MILLI);
        }
        assertThat(hedges.delayNanos(pace, Workload.INTERACTIVE, 100)).isEqualTo(500 * MILLI);
    }
}
