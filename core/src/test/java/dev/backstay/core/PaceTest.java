package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {

    private static final long SECOND = 1_000_000_000L;
    private static final long SETTING = 20 * SECOND;
    private static final long MOST = 30 * SECOND;
    private static final long UNKNOWN = 55 * SECOND;

    private final Pace pace = new Pace();

    @Test
    void while_nothing_is_known_silence_proves_nothing_until_somebody_who_came_later_is_answered() {
        assertThat(allowed(100, 0, MOST)).isEqualTo(UNKNOWN);
        answers(1, SECOND, 100);
        assertThat(allowed(100, -SECOND, MOST)).isEqualTo(SETTING);
        assertThat(allowed(100, SECOND, MOST)).isEqualTo(UNKNOWN);
        assertThat(pace.idleNanos(SETTING)).isEqualTo(SETTING);
    }

    @Test
    void who_was_overtaken_waits_four_times_the_usual_and_who_was_not_three_times_as_long() {
        answers(100, 2 * SECOND, 100);
        long overtaken = allowed(100, -10 * SECOND, MOST);
        assertThat(overtaken).isBetween(8 * SECOND, 9 * SECOND);
        long patient = allowed(100, 1_000 * SECOND, MOST);
        assertThat(patient).isEqualTo(Math.min(MOST, 3 * overtaken));
        assertThat(allowed(100, 1_000 * SECOND, 0))
                .as("with another target there is no reason to wait longer")
                .isEqualTo(overtaken);
    }

    @Test
    void nobody_is_given_less_than_five_seconds() {
        answers(100, SECOND / 10, 100);
        assertThat(allowed(100, -10 * SECOND, MOST)).isEqualTo(5 * SECOND);
    }

    @Test
    void a_target_that_has_become_slow_is_waited_for_at_once() {
        answers(1_000, SECOND, 100);
        answers(1, 9 * SECOND, 100);
        assertThat(allowed(100, -10 * SECOND, MOST)).isEqualTo(36 * SECOND);
    }

    @Test
    void large_prompts_have_their_own_usual() {
        answers(100, SECOND, 100);
        answers(100, 10 * SECOND, 50_000);
        answers(Pace.RECENT, SECOND, 100);
        assertThat(allowed(100, -10 * SECOND, MOST)).isEqualTo(5 * SECOND);
        assertThat(allowed(50_000, -10 * SECOND, MOST)).isGreaterThan(40 * SECOND);
    }

    @Test
    void a_first_token_comes_no_later_than_whole_answers_do() {
        for (int i = 0; i < Pace.ENOUGH; i++) {
            assertThat(allowed(100, 1_000 * SECOND, MOST)).as("after %d", i).isEqualTo(UNKNOWN);
            pace.whole(Workload.INTERACTIVE, 100, 2 * SECOND);
        }
        assertThat(allowed(100, 1_000 * SECOND, MOST)).isBetween(24 * SECOND, 27 * SECOND);
        assertThat(pace.firstTokenQuantile(Workload.INTERACTIVE, 100, 0.99)).isBetween(2 * SECOND, 3 * SECOND);
    }

    @Test
    void each_kind_of_work_has_its_own_usual() {
        answers(100, SECOND, 100);
        assertThat(pace.firstTokenNanos(
                        Workload.AGENTIC, 100, 1_000 * SECOND, new Pace.Patience(SETTING, SETTING, MOST, UNKNOWN)))
                .as("reasoning is not measured by chats")
                .isEqualTo(UNKNOWN);
    }

    @Test
    void pauses_in_streams_get_ten_times_the_usual() {
        for (int i = 0; i < 100; i++) {
            pace.gap(SECOND);
        }
        assertThat(pace.idleNanos(SETTING)).isBetween(10 * SECOND, 12 * SECOND);
        Pace quick = new Pace();
        for (int i = 0; i < 100; i++) {
            quick.gap(SECOND / 50);
        }
        assertThat(quick.idleNanos(SETTING))
                .as("never less than half the setting")
                .isEqualTo(SETTING / 2);
    }

    private long allowed(long promptTokens, long sentNanos, long most) {
        return pace.firstTokenNanos(
                Workload.INTERACTIVE, promptTokens, sentNanos, new Pace.Patience(SETTING, SETTING, most, UNKNOWN));
    }

    private void answers(int count, long took, long promptTokens) {
        for (int i = 0; i < count; i++) {
            pace.firstEvent(Workload.INTERACTIVE, promptTokens, 0, took);
        }
    }
}
