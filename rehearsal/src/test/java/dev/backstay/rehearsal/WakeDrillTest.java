package dev.backstay.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WakeDrillTest {

    private final WakeReport played = WakeReport.play(1);

    @Test
    void the_report_is_what_comes_of_it() throws Exception {
        Published.holds(Drill.WAKE_UP, played.report());
    }

    @Test
    void one_wake_up_for_all_callers() {
        assertThat(played.patient().failed()).isZero();
        assertThat(played.patient().askedWhileBooting()).isLessThanOrEqualTo(30);
        assertThat(played.alone().askedWhileBooting())
                .isGreaterThan(10 * played.patient().askedWhileBooting());
    }

    @Test
    void who_has_a_fallback_does_not_wait() {
        assertThat(played.fallback().failed()).isZero();
        assertThat(played.fallback().p50Seconds()).isLessThan(3);
    }
}
