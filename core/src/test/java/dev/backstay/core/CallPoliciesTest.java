package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a call does with several targets, with streams that break, and in a race. */
class CallPoliciesTest {

    private static final long SECOND = 1_000_000_000L;
    private static final Target A = new Target("a", "model", "key", true);
    private static final Target B = new Target("b", "model", "key", true);
    private static final Outcome DONE = new Outcome.Completed(new Usage(10, 0, 5));

    private final Engine engine = new Engine(RetryPolicy.DEFAULT, CallListener.NONE);
    private long now = SECOND;

    @Test
    void a_fresh_target_is_asked_without_a_pause() {
        Call call = call(request(A, B));
        Step.Wait wait = (Step.Wait) fail(call, sent(call.on(Signal.STARTED, now)), FailureKind.OVERLOADED);
        assertThat(wait.untilNanos()).isEqualTo(now);
        assertThat(sent(call.on(Signal.WOKE, now)).target()).isEqualTo(B);
    }

    @Test
    void a_key_that_is_refused_here_may_be_good_there() {
        Call call = call(request(A, B));
        Step next = fail(call, sent(call.on(Signal.STARTED, now)), FailureKind.UNAUTHORIZED);
        assertThat(sent(next).target()).isEqualTo(B);
        Step.Finish finish = (Step.Finish) fail(call, sent(next), FailureKind.UNAUTHORIZED);
        assertThat(((Result.Failed) finish.result()).reason()).isEqualTo(GiveUp.NOT_RETRYABLE);
    }

    @Test
    void a_shut_target_is_passed_by() {
        for (int i = 0; i < 6; i++) {
            Call call = call(request(A));
            fail(call, sent(call.on(Signal.STARTED, now)), FailureKind.CONNECT_FAILED);
            call.on(Signal.CANCELLED, now);
        }
        assertThat(sent(call(request(A, B)).on(Signal.STARTED, now)).target()).isEqualTo(B);
    }

    @Test
    void a_whole_answer_is_handed_on_at_the_end_and_tried_again_when_it_breaks() {
        Call call = call(request(A).with(StreamPolicy.WHOLE));
        Attempt first = sent(call.on(Signal.STARTED, now));
        assertThat(call.on(new Signal.FirstEvent(first), now)).isEqualTo(Step.CARRY_ON);
        Step.Wait wait = (Step.Wait) fail(call, first, FailureKind.STREAM_TRUNCATED);
        now = wait.untilNanos();
        Attempt second = sent(call.on(Signal.WOKE, now));
        assertThat(second.seam()).isZero();
        call.on(new Signal.FirstEvent(second), now);
        assertThat(call.on(new Signal.Ended(second, DONE), now)).isInstanceOf(Step.Finish.class);
    }

    @Test
    void a_stream_that_broke_goes_on_at_most_twice_and_its_usage_is_summed() {
        Call call = call(request(A).with(StreamPolicy.RESUME));
        Step step = call.on(Signal.STARTED, now);
        for (int seam = 0; seam <= StreamPolicy.MAX_SEAMS; seam++) {
            Attempt attempt = sent(step);
            assertThat(attempt.seam()).isEqualTo(seam);
            assertThat(call.on(new Signal.FirstEvent(attempt), now)).isEqualTo(new Step.Deliver(attempt));
            if (seam < StreamPolicy.MAX_SEAMS) {
                Failure cut = Failure.of(FailureKind.STREAM_CUT, Phase.STREAMING, "cut");
                step = call.on(new Signal.Ended(attempt, new Outcome.Failed(cut, new Usage(10, 0, 3))), now);
                now = ((Step.Wait) step).untilNanos();
                step = call.on(Signal.WOKE, now);
            } else {
                Step.Finish finish = (Step.Finish) call.on(new Signal.Ended(attempt, DONE), now);
                assertThat(finish.result()).isEqualTo(new Result.Succeeded(new Usage(30, 0, 11)));
            }
        }
    }

    @Test
    void after_two_seams_a_third_break_is_the_end_and_the_first_error_is_the_one_that_is_told() {
        Call call = call(request(A).with(StreamPolicy.RESUME));
        Step step = call.on(Signal.STARTED, now);
        for (FailureKind kind : List.of(FailureKind.STREAM_CUT, FailureKind.STREAM_STALLED, FailureKind.STREAM_ERROR)) {
            Attempt attempt = sent(step);
            call.on(new Signal.FirstEvent(attempt), now);
            step = fail(call, attempt, kind);
            if (step instanceof Step.Wait wait) {
                now = wait.untilNanos();
                step = call.on(Signal.WOKE, now);
            }
        }
        Result.Failed failed = (Result.Failed) ((Step.Finish) step).result();
        assertThat(failed.reason()).isEqualTo(GiveUp.ANSWER_STARTED);
        assertThat(failed.delivered()).isTrue();
        assertThat(failed.failure().kind()).isEqualTo(FailureKind.STREAM_CUT);
    }

    @Test
    void a_target_that_cannot_resume_ends_a_broken_stream() {
        Call call = call(request(new Target("plain", "model")).with(StreamPolicy.RESUME));
        Attempt attempt = sent(call.on(Signal.STARTED, now));
        call.on(new Signal.FirstEvent(attempt), now);
        assertThat(fail(call, attempt, FailureKind.STREAM_CUT)).isInstanceOf(Step.Finish.class);
    }

    @Test
    void a_late_first_token_is_raced_once_and_the_first_one_wins() {
        learnQuickAnswers();
        Call call = call(request(A).withHedging());
        Attempt first = sent(call.on(Signal.STARTED, now));
        Step.Wait race = (Step.Wait) call.on(new Signal.Entered(first, Phase.AWAITING), now);
        assertThat(race.why()).isEqualTo(Step.Why.HEDGE);
        now = race.untilNanos();
        Attempt second = sent(call.on(Signal.WOKE, now));
        assertThat(call.on(Signal.WOKE, now + SECOND)).as("never a third").isEqualTo(Step.CARRY_ON);
        call.on(new Signal.Entered(second, Phase.AWAITING), now);
        assertThat(call.on(new Signal.FirstEvent(second), now)).isEqualTo(new Step.Deliver(second));
        assertThat(call.on(new Signal.FirstEvent(first), now)).as("the loser").isEqualTo(Step.CARRY_ON);
        assertThat(call.on(new Signal.Ended(second, DONE), now)).isInstanceOf(Step.Finish.class);
        assertThat(engine.targets().get(A).gate().inFlight()).isZero();
        assertThat(engine.targets().get(A).limiter().inFlight()).isZero();
    }

    @Test
    void while_one_of_two_is_still_under_way_a_failure_decides_nothing() {
        learnQuickAnswers();
        Call call = call(request(A).withHedging());
        Attempt first = sent(call.on(Signal.STARTED, now));
        now = ((Step.Wait) call.on(new Signal.Entered(first, Phase.AWAITING), now)).untilNanos();
        Attempt second = sent(call.on(Signal.WOKE, now));
        assertThat(fail(call, first, FailureKind.CONNECTION_LOST)).isEqualTo(Step.CARRY_ON);
        assertThat(call.on(new Signal.Ended(second, DONE), now)).isInstanceOf(Step.Finish.class);
    }

    @Test
    void a_refused_key_costs_three_calls_and_not_all_of_them() {
        int sent = 0;
        for (int i = 0; i < 100; i++) {
            Call call = call(request(A));
            if (call.on(Signal.STARTED, now) instanceof Step.Send send) {
                sent++;
                fail(call, send.attempt(), FailureKind.UNAUTHORIZED);
            }
        }
        assertThat(sent).isEqualTo(AuthCache.STRIKES);
    }

    @Test
    void targets_with_one_key_share_its_limits() {
        Target here = new Target("here", "model", "one key", false);
        Target there = new Target("there", "model", "one key", false);
        Target apart = new Target("there", "model", "another key", false);
        for (Target target : List.of(here, there, apart)) {
            call(request(target)).on(Signal.STARTED, now);
        }
        Limiter limiter = engine.targets().get(here).limiter();
        assertThat(engine.targets().get(there).limiter()).isSameAs(limiter);
        assertThat(engine.targets().get(apart).limiter()).isNotSameAs(limiter);
        assertThat(engine.targets().get(apart).gate())
                .as("but the same place is up or down for all keys")
                .isSameAs(engine.targets().get(there).gate());
    }

    @Test
    void a_bad_request_is_not_carried_from_target_to_target() {
        Call call = call(request(A, B));
        Step step = fail(call, sent(call.on(Signal.STARTED, now)), FailureKind.BAD_REQUEST);
        assertThat(step).isInstanceOf(Step.Finish.class);
    }

    @Test
    void a_fresh_target_that_cannot_be_asked_saves_no_pause() {
        shutTheGate(B);
        Call call = call(request(B, A));
        Step.Wait wait = (Step.Wait) fail(call, sent(call.on(Signal.STARTED, now)), FailureKind.OVERLOADED);
        assertThat(wait.untilNanos()).isGreaterThan(now);
    }

    @Test
    void a_broken_stream_does_not_go_on_where_it_cannot() {
        Target plain = new Target("plain", "model");
        Call call = call(request(A, plain).with(StreamPolicy.RESUME));
        Attempt attempt = sent(call.on(Signal.STARTED, now));
        call.on(new Signal.FirstEvent(attempt), now);
        Step.Wait wait = (Step.Wait) fail(call, attempt, FailureKind.STREAM_CUT);
        now = wait.untilNanos();
        assertThat(sent(call.on(Signal.WOKE, now)).target()).isEqualTo(A);
    }

    @Test
    void an_attempt_that_never_began_is_no_seam() {
        Call call = call(request(A).with(StreamPolicy.RESUME));
        Attempt attempt = sent(call.on(Signal.STARTED, now));
        call.on(new Signal.FirstEvent(attempt), now);
        Step step = fail(call, attempt, FailureKind.STREAM_CUT);
        for (int i = 0; i < 3; i++) {
            now = ((Step.Wait) step).untilNanos();
            Attempt next = sent(call.on(Signal.WOKE, now));
            assertThat(next.seam()).isEqualTo(1);
            step = fail(call, next, FailureKind.CONNECT_FAILED);
        }
        assertThat(step).isInstanceOf(Step.Wait.class);
    }

    @Test
    void where_one_target_has_no_room_in_time_the_next_may() {
        Target other = new Target("c", "model", "another key", false);
        holdBack(A, 90);
        holdBack(other, 1);
        Step step = call(request(A, other)).on(Signal.STARTED, now);
        assertThat(step).isInstanceOf(Step.Wait.class);
        assertThat(((Step.Wait) step).untilNanos()).isLessThanOrEqualTo(now + SECOND);
    }

    @Test
    void answers_that_are_not_streamed_teach_no_pauses() {
        for (int i = 0; i < 50; i++) {
            Request whole = Request.arriving("r", A, Workload.INTERACTIVE, Workload.INTERACTIVE.timeouts(), false, now);
            Call call = call(whole);
            Attempt attempt = sent(call.on(Signal.STARTED, now));
            call.on(new Signal.FirstEvent(attempt), now);
            call.on(new Signal.Ended(attempt, DONE), now);
        }
        assertThat(engine.targets().get(A).pace().idleNanos(20 * SECOND)).isEqualTo(20 * SECOND);
    }

    @Test
    void silence_until_a_short_deadline_is_silence() {
        for (int i = 0; i < 6; i++) {
            Timeouts tight = Workload.INTERACTIVE.timeouts().withTotal(java.time.Duration.ofSeconds(10));
            Call call = call(Request.arriving("r", A, Workload.INTERACTIVE, tight, true, now));
            Attempt attempt = sent(call.on(Signal.STARTED, now));
            now += SECOND / 10;
            call.on(new Signal.Entered(attempt, Phase.AWAITING), now);
            now = attempt.clockNanos();
            call.on(new Signal.TimedOut(attempt), now);
        }
        assertThat(engine.targets().get(A).gate().state()).isEqualTo(Gate.State.SHUT);
    }

    @Test
    void one_of_too_many_targets_is_asked_all_the_same() {
        for (int i = 0; i < Engine.MAX_TARGETS; i++) {
            call(request(new Target("host", "m" + i))).on(Signal.STARTED, now);
        }
        Target oneMore = new Target("host", "one more");
        Call call = call(request(oneMore, A));
        Attempt attempt = sent(call.on(Signal.STARTED, now));
        assertThat(attempt.target()).isEqualTo(oneMore);
        assertThat(fail(call, attempt, FailureKind.CONNECT_FAILED)).isInstanceOf(Step.Wait.class);
    }

    @Test
    void a_call_parked_at_a_silent_host_takes_nobodys_turn_at_the_keys_limits() {
        Target silent = new Target("silent", "model", "one key", false);
        Target healthy = new Target("healthy", "model", "one key", false);
        holdBack(healthy, 5);
        Call parked = call(request(silent));
        assertThat(((Step.Wait) parked.on(Signal.STARTED, now)).why()).isEqualTo(Step.Why.LIMITED);
        engine.targets().get(silent).gate(); // the same key, another place
        for (int i = 0; i < 12; i++) {
            Gate gate = engine.targets().get(silent).gate();
            Gate.Ticket ticket =
                    gate.ticket(Deadline.after(java.time.Duration.ofSeconds(60), now), 60 * SECOND, () -> {});
            gate.admit(ticket, false, Chances.always(0.5), now);
            gate.ended(ticket, FailureKind.GateNews.DOWN, 12, Chances.always(0.5), now);
        }
        now += 5 * SECOND;
        parked.on(Signal.WOKE, now);
        assertThat(engine.targets().get(healthy).limiter().waiting()).isZero();
        sent(call(request(healthy)).on(Signal.STARTED, now));
    }

    private void shutTheGate(Target target) {
        for (int i = 0; i < 6; i++) {
            Call call = call(request(target));
            fail(call, sent(call.on(Signal.STARTED, now)), FailureKind.CONNECT_FAILED);
            call.on(Signal.CANCELLED, now);
        }
    }

    /** The server asks for patience with its next answer. */
    private void holdBack(Target target, int seconds) {
        Call call = call(request(target));
        Failure limited = Failure.answered(FailureKind.RATE_LIMITED, 429, "")
                .withServerWish(Optional.of(java.time.Duration.ofSeconds(seconds)), Optional.empty());
        call.on(new Signal.Ended(sent(call.on(Signal.STARTED, now)), new Outcome.Failed(limited)), now);
        call.on(Signal.CANCELLED, now);
    }

    @Test
    void a_wait_for_room_says_so() {
        Call first = call(request(A));
        Attempt attempt = sent(first.on(Signal.STARTED, now));
        Failure limited = Failure.answered(FailureKind.RATE_LIMITED, 429, "")
                .withServerWish(Optional.of(java.time.Duration.ofSeconds(5)), Optional.empty());
        first.on(new Signal.Ended(attempt, new Outcome.Failed(limited)), now);
        Step.Wait wait = (Step.Wait) call(request(A)).on(Signal.STARTED, now);
        assertThat(wait.why()).isEqualTo(Step.Why.LIMITED);
        assertThat(wait.untilNanos()).isEqualTo(now + 5 * SECOND);
    }

    @Test
    void the_pause_that_one_target_asks_for_is_not_another_ones() {
        Target elsewhere = new Target("c", "model", "another key", true);
        Call call = call(request(A, elsewhere));
        Attempt attempt = sent(call.on(Signal.STARTED, now));
        Failure limited = Failure.answered(FailureKind.RATE_LIMITED, 429, "")
                .withServerWish(Optional.of(java.time.Duration.ofHours(1)), Optional.empty());
        Step step = call.on(new Signal.Ended(attempt, new Outcome.Failed(limited)), now);
        assertThat(((Step.Wait) step).untilNanos()).isEqualTo(now);
        assertThat(sent(call.on(Signal.WOKE, now)).target()).isEqualTo(elsewhere);
    }

    /** A hundred answers after a second each, and as many sends saved up. */
    private void learnQuickAnswers() {
        for (int i = 0; i < 100; i++) {
            Call call = call(request(A));
            Attempt attempt = sent(call.on(Signal.STARTED, now));
            call.on(new Signal.Entered(attempt, Phase.AWAITING), now);
            now += SECOND;
            call.on(new Signal.FirstEvent(attempt), now);
            call.on(new Signal.Ended(attempt, DONE), now);
        }
    }

    private Call call(Request request) {
        return engine.newCall(request, () -> {}, Chances.always(0.5));
    }

    private Request request(Target... targets) {
        return Request.arriving("r", targets[0], Workload.INTERACTIVE, Workload.INTERACTIVE.timeouts(), true, now)
                .with(Route.ordered(List.of(targets)));
    }

    private Step fail(Call call, Attempt attempt, FailureKind kind) {
        return call.on(new Signal.Ended(attempt, new Outcome.Failed(Failure.of(kind, attempt.phase(), "x"))), now);
    }

    private static Attempt sent(Step step) {
        assertThat(step).isInstanceOf(Step.Send.class);
        return ((Step.Send) step).attempt();
    }
}
