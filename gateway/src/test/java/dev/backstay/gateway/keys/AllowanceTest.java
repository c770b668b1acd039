package dev.backstay.gateway.keys;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AllowanceTest {

    private static final Instant EVENING = Instant.parse("2026-11-21T23:59:30Z");
    private static final long SECOND = 1_000_000_000L;

    private final Allowance allowance = new Allowance();
    private long now = 5 * SECOND;
    private Instant wall = EVENING;

    @Test
    void without_limits_everything_may() {
        for (int i = 0; i < 10_000; i++) {
            assertThat(enter(KeyLimits.NONE, 1_000_000)).isEmpty();
        }
        assertThat(allowance.running()).isEqualTo(10_000);
    }

    @Test
    void no_more_at_once_than_it_may() {
        KeyLimits two = new KeyLimits(null, null, null, 2L, null, null);
        assertThat(enter(two, 1)).isEmpty();
        assertThat(enter(two, 1)).isEmpty();
        assertThat(code(enter(two, 1))).isEqualTo("too_many_at_once");
        leave(1, 1);
        assertThat(enter(two, 1)).isEmpty();
    }

    @Test
    void bursts_of_ten_seconds_then_a_steady_rate() {
        KeyLimits sixty = new KeyLimits(60L, null, null, null, null, null);
        for (int i = 0; i < 10; i++) {
            assertThat(enter(sixty, 1)).as("call %d of the burst", i).isEmpty();
        }
        Optional<Allowance.Refusal> refused = enter(sixty, 1);
        assertThat(code(refused)).isEqualTo("too_many_requests");
        assertThat(refused.orElseThrow().retryAfter()).isEqualTo(Duration.ofSeconds(1));
        now += SECOND;
        assertThat(enter(sixty, 1)).isEmpty();
        assertThat(enter(sixty, 1)).isPresent();
    }

    @Test
    void a_call_that_began_within_its_tokens_is_finished_and_paid_for_later() {
        KeyLimits thousand = new KeyLimits(null, 1_000L, null, null, null, null);
        assertThat(enter(thousand, 600)).isEmpty();
        leave(600, 2_600);
        Optional<Allowance.Refusal> refused = enter(thousand, 1);
        assertThat(code(refused)).isEqualTo("too_many_tokens");
        assertThat(refused.orElseThrow().retryAfter().toMillis())
                .as("1,600 too many, and one more")
                .isBetween(96_000L, 96_100L);
        now += 97 * SECOND;
        assertThat(enter(thousand, 1)).isEmpty();
    }

    @Test
    void a_budget_of_the_day_is_full_again_at_midnight() {
        KeyLimits daily = new KeyLimits(null, null, 100L, null, null, null);
        assertThat(enter(daily, 10)).isEmpty();
        leave(10, 100);
        Optional<Allowance.Refusal> refused = enter(daily, 10);
        assertThat(code(refused)).isEqualTo("daily_budget_spent");
        assertThat(refused.orElseThrow().retryAfter()).isEqualTo(Duration.ofSeconds(30));
        wall = wall.plusSeconds(31);
        assertThat(enter(daily, 10)).isEmpty();
        assertThat(allowance.usedToday(wall)).isZero();
    }

    @Test
    void a_call_that_was_refused_costs_nothing() {
        enter(KeyLimits.NONE, 700_000);
        leave(700_000, 0);
        assertThat(allowance.usedToday(wall)).isZero();
    }

    @Test
    void what_was_used_before_a_restart_counts_on_the_same_day_only() {
        allowance.resume(LocalDate.of(2026, 11, 20), 500, wall);
        assertThat(allowance.usedToday(wall)).isZero();
        allowance.resume(LocalDate.of(2026, 11, 21), 500, wall);
        assertThat(allowance.usedToday(wall)).isEqualTo(500);
    }

    private Optional<Allowance.Refusal> enter(KeyLimits limits, long promptTokens) {
        return allowance.enter(limits, promptTokens, now, wall);
    }

    private void leave(long promptTokens, long used) {
        allowance.leave(promptTokens, used, wall);
    }

    private static String code(Optional<Allowance.Refusal> refusal) {
        return refusal.map(Allowance.Refusal::code).orElse("");
    }
}
