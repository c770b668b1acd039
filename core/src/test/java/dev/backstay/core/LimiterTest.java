package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LimiterTest {

    private static final long SECOND = 1_000_000_000L;
    private static final RetryBudget.Cause UNKNOWN = RetryBudget.Cause.UNKNOWN;

    private final Limiter limiter = new Limiter();
    private final List<String> woken = new ArrayList<>();

    @Test
    void who_knows_no_limit_sets_none() {
        for (int i = 0; i < 10_000; i++) {
            assertThat(go(60, 0)).isEqualTo(Limiter.Admission.GO);
        }
        assertThat(limiter.inFlight()).isEqualTo(10_000);
    }

    @Test
    void a_limit_is_used_and_not_met() {
        limiter.heard(prompts(60_000), 0); // 1,000 tokens a second
        int sent = 0;
        for (long now = 10 * SECOND; now < 70 * SECOND; now += SECOND / 20) {
            Lease lease = lease("call", 60, now);
            if (limiter.admit(lease, false, now) == Limiter.Admission.GO) {
                sent++;
                limiter.ended(lease, answer(1_000, 10), UNKNOWN, now);
            }
        }
        assertThat(sent).as("a minute's worth and what was saved up").isBetween(59, 63);
    }

    @Test
    void the_difference_to_the_estimate_is_settled() {
        limiter.heard(new ServerSaid(none(), none(), 60_000, none(), none(), ""), 0);
        Lease lease = lease("call", 60, 10 * SECOND);
        limiter.admit(lease, false, 10 * SECOND);
        limiter.ended(lease, answer(1_000, 3_000), UNKNOWN, 10 * SECOND);
        assertThat(go(60, 10 * SECOND))
                .as("the answer was longer than the two seconds' worth saved up")
                .isEqualTo(Limiter.Admission.WAIT);
    }

    @Test
    void who_waits_is_told_when_to_look_again_and_never_later_than_the_deadline() {
        limiter.heard(prompts(60_000), 0);
        use(2, 10 * SECOND);
        Lease waiting = lease("waiting", 60, 10 * SECOND);
        assertThat(limiter.admit(waiting, true, 10 * SECOND)).isEqualTo(Limiter.Admission.WAIT);
        assertThat(waiting.wakeNanos()).isBetween(10 * SECOND + 1, 12 * SECOND);
        assertThat(limiter.admit(waiting, true, waiting.wakeNanos())).isEqualTo(Limiter.Admission.GO);
    }

    @Test
    void who_cannot_be_served_in_time_is_told_at_once() {
        limiter.heard(prompts(60_000), 0);
        use(2, 10 * SECOND);
        for (int i = 0; i < 10; i++) {
            assertThat(limiter.admit(lease("early", 10, 10 * SECOND), true, 10 * SECOND))
                    .isEqualTo(Limiter.Admission.WAIT);
        }
        assertThat(limiter.admit(lease("too many", 10, 10 * SECOND + 1), true, 10 * SECOND + 1))
                .as("ten wait already, and each takes a second")
                .isEqualTo(Limiter.Admission.REFUSED);
        assertThat(limiter.admit(lease("patient", 60, 10 * SECOND + 2), true, 10 * SECOND + 2))
                .isEqualTo(Limiter.Admission.WAIT);
    }

    @Test
    void a_critical_call_goes_before_those_who_came_earlier() {
        limiter.heard(prompts(60_000), 0);
        use(2, 10 * SECOND);
        Lease usual = lease("usual", 30, 10 * SECOND);
        Lease critical = limiter.lease(request(60, 10 * SECOND).with(Priority.CRITICAL), () -> woken.add("critical"));
        limiter.admit(usual, true, 10 * SECOND);
        limiter.admit(critical, true, 10 * SECOND);
        long later = 11 * SECOND;
        assertThat(limiter.admit(usual, true, later)).isEqualTo(Limiter.Admission.WAIT);
        assertThat(limiter.admit(critical, true, later)).isEqualTo(Limiter.Admission.GO);
        assertThat(woken).as("the next is told that it is its turn").contains("usual");
    }

    @Test
    void a_429_takes_a_tenth_of_what_was_accepted_and_only_once_in_two_seconds() {
        limiter.heard(prompts(60_000), 0);
        Lease one = sent(10 * SECOND);
        Lease two = sent(10 * SECOND);
        limiter.ended(one, refused(Optional.empty()), UNKNOWN, 10 * SECOND);
        double after = limiter.share();
        assertThat(after).isBetween(0.7, 0.9);
        limiter.ended(two, refused(Optional.empty()), UNKNOWN, 10 * SECOND + SECOND);
        assertThat(limiter.share()).isEqualTo(after);
    }

    @Test
    void a_quiet_time_gives_back_step_by_step() {
        limiter.heard(prompts(6_000_000), 0);
        limiter.ended(sent(10 * SECOND), refused(Optional.empty()), UNKNOWN, 10 * SECOND);
        double share = limiter.share();
        limiter.ended(sent(20 * SECOND), answer(1_000, 10), UNKNOWN, 20 * SECOND);
        assertThat(limiter.share()).isCloseTo(share + 0.02, within(1e-9));
        limiter.ended(sent(21 * SECOND), answer(1_000, 10), UNKNOWN, 21 * SECOND);
        assertThat(limiter.share()).as("one step in ten seconds").isCloseTo(share + 0.02, within(1e-9));
    }

    @Test
    void the_servers_word_when_to_come_back_holds_everybody() {
        limiter.ended(sent(10 * SECOND), refused(Optional.of(Duration.ofSeconds(7))), UNKNOWN, 10 * SECOND);
        Lease next = lease("next", 60, 11 * SECOND);
        assertThat(limiter.admit(next, true, 11 * SECOND)).isEqualTo(Limiter.Admission.WAIT);
        assertThat(next.wakeNanos()).isEqualTo(17 * SECOND);
        assertThat(limiter.admit(next, true, 17 * SECOND)).isEqualTo(Limiter.Admission.GO);
    }

    @Test
    void a_limit_that_nobody_names_is_felt() {
        for (int i = 0; i < 200; i++) { // ten a second
            long now = i * SECOND / 10;
            Lease lease = sent(now);
            limiter.ended(lease, answer(0, 0), UNKNOWN, now);
        }
        limiter.ended(sent(20 * SECOND), refused(Optional.empty()), UNKNOWN, 20 * SECOND);
        int sent = 0;
        for (long now = 20 * SECOND; now < 25 * SECOND; now += SECOND / 100) {
            sent += go(60, now) == Limiter.Admission.GO ? 1 : 0;
        }
        assertThat(sent / 5.0).as("a tenth less than what was sent").isBetween(7.0, 11.0);
    }

    @Test
    void load_that_is_shed_bounds_what_is_in_flight_and_the_next_is_woken_when_one_ends() {
        List<Lease> flying = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            flying.add(sent(10 * SECOND));
        }
        limiter.ended(
                flying.remove(0),
                new Outcome.Failed(Failure.answered(FailureKind.OVERLOADED, 503, "")),
                RetryBudget.Cause.LOAD,
                10 * SECOND);
        assertThat(limiter.windowLimit()).isEqualTo(9);
        Lease waiting = lease("waiting", 60, 10 * SECOND);
        assertThat(limiter.admit(waiting, true, 10 * SECOND)).isEqualTo(Limiter.Admission.WAIT);
        limiter.ended(flying.remove(0), answer(1_000, 10), UNKNOWN, 12 * SECOND);
        assertThat(woken).containsExactly("waiting");
        assertThat(limiter.admit(waiting, true, 12 * SECOND)).isEqualTo(Limiter.Admission.GO);
    }

    @Test
    void the_queue_is_bounded_and_drops_who_would_be_served_last() {
        limiter.heard(prompts(60_000_000), 0);
        limiter.ended(sent(10 * SECOND), refused(Optional.of(Duration.ofSeconds(20))), UNKNOWN, 10 * SECOND);
        Lease last = lease("last", 3_000, 10 * SECOND);
        limiter.admit(last, true, 10 * SECOND);
        for (int i = 0; i < AdmissionQueue.MAX_WAITING; i++) {
            limiter.admit(lease("other", 60, 10 * SECOND), true, 10 * SECOND);
        }
        assertThat(limiter.waiting()).isEqualTo(AdmissionQueue.MAX_WAITING);
        assertThat(woken).contains("last");
        assertThat(limiter.admit(last, true, 10 * SECOND)).isEqualTo(Limiter.Admission.REFUSED);
    }

    @Test
    void who_leaves_gives_back_what_was_not_used() {
        limiter.heard(prompts(60_000), 0);
        Lease one = sent(10 * SECOND);
        sent(10 * SECOND);
        assertThat(go(60, 10 * SECOND)).isEqualTo(Limiter.Admission.WAIT);
        limiter.leave(one, 10 * SECOND);
        assertThat(go(60, 10 * SECOND)).isEqualTo(Limiter.Admission.GO);
        assertThat(limiter.inFlight()).isEqualTo(2);
    }

    @Test
    void who_comes_later_and_goes_first_knows_when() {
        limiter.ended(sent(10 * SECOND), refused(Optional.of(Duration.ofSeconds(5))), UNKNOWN, 10 * SECOND);
        Lease patient = lease("patient", 60, 10 * SECOND);
        limiter.admit(patient, true, 10 * SECOND);
        Lease hasty = lease("hasty", 30, 10 * SECOND);
        limiter.admit(hasty, true, 10 * SECOND);
        assertThat(hasty.wakeNanos()).isEqualTo(15 * SECOND);
        assertThat(limiter.admit(patient, true, 15 * SECOND)).isEqualTo(Limiter.Admission.WAIT);
        assertThat(woken).as("it is told, should it have missed it").contains("hasty");
    }

    @Test
    void a_hint_of_a_year_is_looked_at_each_minute_and_an_answer_ends_it() {
        Lease flying = sent(10 * SECOND);
        limiter.ended(sent(10 * SECOND), refused(Optional.of(Duration.ofDays(365))), UNKNOWN, 10 * SECOND);
        assertThat(go(600, 69 * SECOND)).isEqualTo(Limiter.Admission.WAIT);
        assertThat(go(600, 70 * SECOND)).isEqualTo(Limiter.Admission.GO);
        assertThat(go(600, 71 * SECOND)).isEqualTo(Limiter.Admission.WAIT);
        limiter.ended(flying, answer(10, 10), UNKNOWN, 72 * SECOND);
        assertThat(go(600, 72 * SECOND)).isEqualTo(Limiter.Admission.GO);
    }

    @Test
    void a_clock_may_begin_anywhere() {
        long origin = -1_000_000 * SECOND;
        limiter.heard(prompts(60_000), origin);
        limiter.ended(sent(origin + 10 * SECOND), refused(Optional.empty()), UNKNOWN, origin + 10 * SECOND);
        assertThat(limiter.share()).isLessThan(1);
    }

    @Test
    void callers_with_little_time_take_the_risk() {
        limiter.ended(sent(10 * SECOND), answer(10, 10), UNKNOWN, 100 * SECOND); // answers take 90 s
        limiter.heard(prompts(60_000), 100 * SECOND);
        assertThat(limiter.admit(lease("short", 60, 100 * SECOND), true, 100 * SECOND))
                .isEqualTo(Limiter.Admission.WAIT);
    }

    @Test
    void ending_twice_counts_once() {
        Lease lease = sent(10 * SECOND);
        limiter.ended(lease, answer(10, 10), UNKNOWN, 11 * SECOND);
        limiter.ended(lease, answer(10, 10), UNKNOWN, 12 * SECOND);
        limiter.leave(lease, 12 * SECOND);
        assertThat(limiter.inFlight()).isZero();
    }

    @Test
    void a_probe_goes_whatever_the_limits_say() {
        limiter.heard(prompts(60_000), 0);
        use(2, 10 * SECOND);
        Lease probe = lease("probe", 60, 10 * SECOND);
        limiter.admit(probe, true, 10 * SECOND);
        limiter.force(probe, 10 * SECOND);
        assertThat(limiter.inFlight()).isEqualTo(3);
        assertThat(limiter.waiting()).isZero();
    }

    private void use(int calls, long now) {
        for (int i = 0; i < calls; i++) {
            sent(now);
        }
    }

    private Lease sent(long now) {
        Lease lease = lease("sent", 60, now);
        assertThat(limiter.admit(lease, false, now)).isEqualTo(Limiter.Admission.GO);
        return lease;
    }

    /** A day's quota is used up at 10 s, for an hour. */
    private void usedUp() {
        Lease told = lease("told", 60, 9 * SECOND);
        limiter.admit(told, false, 9 * SECOND);
        limiter.ended(told, refused(Optional.of(Duration.ofHours(1))), UNKNOWN, 10 * SECOND);
    }

    @Test
    void who_cannot_wait_as_long_as_the_api_asks_is_told_at_once_and_in_its_words() {
        limiter.heard(prompts(60_000), 0);
        for (int i = 0; i < 2; i++) {
            limiter.ended(sent(9 * SECOND), answer(1_000, 10), UNKNOWN, 9 * SECOND);
        }
        Lease early = lease("early", 1_800, 9 * SECOND);
        assertThat(limiter.admit(early, true, 9 * SECOND)).isEqualTo(Limiter.Admission.WAIT);
        Lease told = lease("told", 60, 9 * SECOND);
        limiter.force(told, 9 * SECOND);
        limiter.ended(told, refused(Optional.of(Duration.ofHours(1))), UNKNOWN, 10 * SECOND);
        assertThat(woken).as("who stands in line hears of it").contains("early");
        assertThat(limiter.admit(early, true, 10 * SECOND)).isEqualTo(Limiter.Admission.REFUSED);
        assertThat(limiter.admit(lease("late", 1_800, 40 * SECOND), true, 40 * SECOND))
                .isEqualTo(Limiter.Admission.REFUSED);
        Failure refusal = limiter.refusal(40 * SECOND).orElseThrow();
        assertThat(refusal.kind()).isEqualTo(FailureKind.RATE_LIMITED);
        assertThat(refusal.acknowledged()).isEqualTo(Acknowledged.NO);
        assertThat(refusal.hint()).contains(Duration.ofSeconds(3_570));
        assertThat(refusal.message()).contains("slow down");
    }

    @Test
    void in_a_long_pause_one_call_a_minute_looks_whether_it_is_true() {
        usedUp();
        assertThat(go(60, 69 * SECOND)).isEqualTo(Limiter.Admission.REFUSED);
        Lease look = lease("look", 60, 71 * SECOND);
        assertThat(limiter.admit(look, false, 71 * SECOND)).isEqualTo(Limiter.Admission.GO);
        limiter.ended(look, refused(Optional.of(Duration.ofMinutes(59))), UNKNOWN, 72 * SECOND);
        assertThat(go(60, 73 * SECOND)).as("one is enough").isEqualTo(Limiter.Admission.REFUSED);
    }

    @Test
    void who_looks_may_hear_that_the_pause_is_shorter() {
        usedUp();
        Lease look = lease("look", 60, 71 * SECOND);
        assertThat(limiter.admit(look, true, 71 * SECOND)).isEqualTo(Limiter.Admission.GO);
        limiter.ended(look, refused(Optional.of(Duration.ofSeconds(2))), UNKNOWN, 72 * SECOND);
        assertThat(limiter.refusal(72 * SECOND)).isEmpty();
        assertThat(limiter.admit(lease("next", 60, 73 * SECOND), true, 73 * SECOND))
                .isEqualTo(Limiter.Admission.WAIT);
    }

    @Test
    void an_answer_ends_a_long_pause() {
        usedUp();
        Lease look = lease("look", 60, 71 * SECOND);
        assertThat(limiter.admit(look, true, 71 * SECOND)).isEqualTo(Limiter.Admission.GO);
        limiter.ended(look, answer(1_000, 10), UNKNOWN, 72 * SECOND);
        assertThat(limiter.refusal(72 * SECOND)).isEmpty();
    }

    @Test
    void who_can_wait_an_hour_waits() {
        usedUp();
        Lease patient = lease("patient", 7_200, 11 * SECOND);
        assertThat(limiter.admit(patient, true, 11 * SECOND)).isEqualTo(Limiter.Admission.WAIT);
        assertThat(patient.wakeNanos()).as("and looks").isEqualTo(70 * SECOND);
    }

    private Limiter.Admission go(int deadlineSeconds, long now) {
        Lease lease = lease("go", deadlineSeconds, now);
        Limiter.Admission answer = limiter.admit(lease, false, now);
        if (answer != Limiter.Admission.GO) {
            limiter.leave(lease, now);
        }
        return answer;
    }

    private Lease lease(String name, int deadlineSeconds, long now) {
        return limiter.lease(request(deadlineSeconds, now), () -> woken.add(name));
    }

    private static Request request(int deadlineSeconds, long now) {
        Timeouts timeouts = Workload.INTERACTIVE.timeouts().withTotal(Duration.ofSeconds(deadlineSeconds));
        return Request.arriving("r", new Target("host", "model"), Workload.INTERACTIVE, timeouts, true, now)
                .with(new Size(1_000, Size.NO_LIMIT));
    }

    private static ServerSaid prompts(long perMinute) {
        return new ServerSaid(perMinute, none(), none(), none(), none(), "");
    }

    private static long none() {
        return ServerSaid.NOTHING;
    }

    private static Outcome answer(long promptTokens, long completionTokens) {
        return new Outcome.Completed(new Usage(promptTokens, 0, completionTokens));
    }

    private static Outcome refused(Optional<Duration> hint) {
        return new Outcome.Failed(
                Failure.answered(FailureKind.RATE_LIMITED, 429, "slow down").withServerWish(hint, Optional.empty()));
    }
}
