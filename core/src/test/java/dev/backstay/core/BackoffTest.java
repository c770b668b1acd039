package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private static final Backoff BACKOFF = Backoff.DEFAULT;
    private static final Failure LOST = Failure.lost(Phase.CONNECTING, "");
    private static final Failure LIMITED = Failure.answered(FailureKind.RATE_LIMITED, 429, "");

    @Test
    void a_failure_gets_full_jitter_doubling_to_the_cap() {
        assertThat(seconds(LOST, 1, 0.999)).isBetween(0.49, 0.5);
        assertThat(seconds(LOST, 3, 0.999)).isBetween(1.99, 2.0);
        assertThat(seconds(LOST, 5, 0.999)).isBetween(7.99, 8.0);
        assertThat(seconds(LOST, 60, 0.999)).isBetween(7.99, 8.0);
        assertThat(seconds(LOST, 5, 0)).isZero();
    }

    @Test
    void a_limit_without_a_hint_gets_at_least_half_a_step() {
        assertThat(seconds(LIMITED, 1, 0)).isEqualTo(0.5);
        assertThat(seconds(LIMITED, 4, 0.5)).isEqualTo(6);
        assertThat(seconds(LIMITED, 40, 0)).isEqualTo(10);
    }

    @Test
    void a_hint_is_a_floor_and_spreads_the_herd() {
        Failure hinted = LIMITED.withServerWish(Optional.of(Duration.ofSeconds(40)), Optional.empty());
        assertThat(seconds(hinted, 1, 0)).isEqualTo(40);
        assertThat(seconds(hinted, 1, 0.5)).isEqualTo(45);
        Failure soon = LIMITED.withServerWish(Optional.of(Duration.ofMillis(10)), Optional.empty());
        assertThat(seconds(soon, 1, 0.5)).isEqualTo(0.51);
    }

    @Test
    void a_stale_connection_is_replaced_at_once() {
        assertThat(seconds(Failure.of(FailureKind.STALE_CONNECTION, Phase.SENDING, ""), 1, 0.999))
                .isZero();
    }

    /** After Polly's RetryHelperTests: never negative, never above the cap, no overflow at any attempt number. */
    @Test
    void no_number_of_failures_overflows() {
        SplittableRandom random = new SplittableRandom(7);
        for (int failures = 0; failures < 2_000; failures++) {
            long delay = BACKOFF.delayNanos(LOST, failures, Long.MAX_VALUE, random);
            assertThat(delay).isBetween(0L, BACKOFF.cap().toNanos());
        }
        assertThat(BACKOFF.delayNanos(LOST, Integer.MAX_VALUE, Long.MAX_VALUE, random))
                .isBetween(0L, BACKOFF.cap().toNanos());
    }

    /** The same for 10,000 settings, from a millisecond to a day. */
    @Test
    void no_setting_overflows() {
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < 10_000; i++) {
            Duration base = Duration.ofMillis(random.nextLong(1, 86_400_000));
            Duration cap = Duration.ofMillis(random.nextLong(1, 86_400_000));
            Backoff backoff = new Backoff(base, cap, base, cap, cap);
            int failures = random.nextInt(2_048);
            assertThat(backoff.delayNanos(LOST, failures, Long.MAX_VALUE, random))
                    .isBetween(0L, cap.toNanos());
            assertThat(backoff.delayNanos(LIMITED, failures, Long.MAX_VALUE, random))
                    .isBetween(0L, cap.toNanos());
        }
    }

    /** After botocore's test of its exponential backoff: 10,000 pauses at the cap fall evenly into twenty buckets. */
    @Test
    void full_jitter_is_even() {
        SplittableRandom random = new SplittableRandom(13);
        int[] buckets = new int[20];
        for (int i = 0; i < 10_000; i++) {
            long delay = BACKOFF.delayNanos(LOST, 10, Long.MAX_VALUE, random);
            buckets[(int) (delay * 20 / BACKOFF.cap().toNanos())]++;
        }
        for (int count : buckets) {
            assertThat(count).isBetween(400, 600);
        }
    }

    @Test
    void a_step_takes_at_most_an_eighth_of_what_is_left() {
        long left = 4_000_000_000L;
        assertThat(BACKOFF.delayNanos(LOST, 10, left, Chances.always(1))).isEqualTo(left / 8);
    }

    @Test
    void settings_that_make_no_sense_are_refused_by_name() {
        assertThatThrownBy(() -> new Backoff(
                        Duration.ofSeconds(-1),
                        Duration.ofSeconds(8),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("backoff.base")
                .hasMessageContaining("PT-1S");
    }

    private static double seconds(Failure failure, int failures, double luck) {
        return BACKOFF.delayNanos(failure, failures, Long.MAX_VALUE, Chances.always(luck)) / 1e9;
    }
}
