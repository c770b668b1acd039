package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class MeterTest {

    private static final long SECOND = 1_000_000_000L;

    private final Meter meter = new Meter();

    @Test
    void what_nobody_said_does_not_limit() {
        assertThat(meter.isKnown()).isFalse();
        assertThat(meter.waitNanos(1e9, 1, 0)).isZero();
    }

    @Test
    void nonsense_is_not_a_limit() {
        meter.heard(0, 1, 0);
        meter.heard(-5, 1, 0);
        meter.heard(ServerSaid.NOTHING, 1, 0);
        assertThat(meter.isKnown()).isFalse();
    }

    @Test
    void the_middle_of_what_nine_answers_said_counts() {
        for (int i = 0; i < 9; i++) {
            meter.heard(i % 3 == 0 ? 6_000 : 60_000, 1, 0);
        }
        assertThat(meter.perSecond()).as("six instances of nine say so").isEqualTo(1_000);
        for (int i = 0; i < 5; i++) {
            meter.heard(120_000, 1, 0);
        }
        assertThat(meter.perSecond()).as("it has grown").isEqualTo(2_000);
    }

    @Test
    void two_seconds_worth_is_saved_up_and_the_rest_comes_with_time() {
        meter.heard(60_000, 1, 0);
        assertThat(meter.waitNanos(2_000, 1, 10 * SECOND)).isZero();
        meter.take(2_000);
        assertThat(meter.waitNanos(500, 1, 10 * SECOND)).isCloseTo(0.5e9, within(1.0));
        assertThat(meter.waitNanos(500, 0.5, 10 * SECOND))
                .as("at half the share")
                .isCloseTo(1e9, within(1.0));
        assertThat(meter.waitNanos(500, 1, 10 * SECOND + SECOND / 2)).isCloseTo(0, within(1.0));
    }

    @Test
    void one_that_is_larger_than_the_bucket_waits_for_a_full_one() {
        meter.heard(60_000, 1, 0);
        assertThat(meter.waitBehindNanos(0, 1_000_000, 1, 10 * SECOND)).isZero();
        meter.take(1_000_000);
        assertThat(meter.waitBehindNanos(0, 1, 1, 10 * SECOND))
                .as("and those after it pay, a minute at most")
                .isGreaterThan(59e9);
    }

    @Test
    void time_does_not_run_backwards() {
        meter.heard(60_000, 1, 10 * SECOND);
        meter.take(5_000);
        double wait = meter.waitNanos(100, 1, 10 * SECOND);
        for (int i = 0; i < 100; i++) {
            assertThat(meter.waitNanos(100, 1, 5 * SECOND)).isEqualTo(wait);
            assertThat(meter.waitNanos(100, 1, 10 * SECOND)).isEqualTo(wait);
        }
    }
}
