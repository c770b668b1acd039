package dev.backstay.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class WakeDrillTest {

    @Test
    void one_wake_up_for_all_callers() {
        WakeDrill.Outcome alone = WakeDrill.alone(1);
        WakeDrill.Outcome together = WakeDrill.backstay(1, Duration.ofSeconds(300), false);
        assertThat(together.failed()).isZero();
        assertThat(together.askedWhileBooting()).isLessThanOrEqualTo(30);
        assertThat(alone.askedWhileBooting()).isGreaterThan(10 * together.askedWhileBooting());
    }

    @Test
    void who_has_a_fallback_does_not_wait() {
        WakeDrill.Outcome outcome = WakeDrill.backstay(1, Duration.ofSeconds(60), true);
        assertThat(outcome.failed()).isZero();
        assertThat(outcome.p50Seconds()).isLessThan(3);
    }
}
