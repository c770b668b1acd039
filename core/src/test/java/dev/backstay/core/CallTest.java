package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallTest {

    private static final long SECOND = 1_000_000_000L;
    private static final Target TARGET = new Target("host", "model");
    private static final Outcome DONE = new Outcome.Completed(new Usage(10, 0, 5));

    private final List<String> heard = new ArrayList<>();
    private final Engine engine = new Engine(
            RetryPolicy.DEFAULT,
            (now, call, signal, step) -> heard.add(
                    signal.getClass().getSimpleName() + " → " + step.getClass().getSimpleName()));
    private long now = 1;

    @Test
    void a_good_call_is_sent_delivered_and_finished() {
        Call call = call(60);
        Attempt attempt = sent(call.on(Signal.STARTED, now));
        call.on(new Signal.Entered(attempt, Phase.AWAITING), now);
        assertThat(call.on(new Signal.FirstEvent(attempt), now)).isEqualTo(new Step.Deliver(attempt));
        assertThat(call.on(new Signal.Ended(attempt, DONE), now))
                .isEqualTo(new Step.Finish(new Result.Succeeded(new Usage(10, 0, 5))));
        assertThat(heard)
                .containsExactly("Started → Send", "Entered → CarryOn", "FirstEvent → Deliver", "Ended → Finish");
        assertThat(attempt.phase()).isEqualTo(Phase.DONE);
    }

    @Test
    void a_failed_attempt_is_sent_again_after_its_pause_and_not_before() {
        Call call = call(60);
        Step.Wait wait = (Step.Wait) fail(call, sent(call.on(Signal.STARTED, now)), FailureKind.CONNECTION_LOST);
        assertThat(wait.why()).isEqualTo(Step.Why.BACKOFF);
        assertThat(call.on(Signal.WOKE, wait.untilNanos() - 1))
                .as("woken too early")
                .isEqualTo(wait);
        assertThat(sent(call.on(Signal.WOKE, wait.untilNanos())).number()).isEqualTo(2);
    }

    @Test
    void after_part_of_the_answer_there_is_no_way_back() {
        Call call = call(60);
        Attempt attempt = sent(call.on(Signal.STARTED, now));
        call.on(new Signal.FirstEvent(attempt), now);
        Result.Failed failed = failed(fail(call, attempt, FailureKind.STREAM_CUT));
        assertThat(failed.reason()).isEqualTo(GiveUp.ANSWER_STARTED);
        assertThat(failed.delivered()).isTrue();
    }

    @Test
    void the_clock_of_each_phase_starts_with_it_and_never_outlasts_the_deadline() {
        Call call = call(60);
        Attempt attempt = sent(call.on(Signal.STARTED, now));
        assertThat(attempt.clockNanos()).isEqualTo(now + 3 * SECOND + SECOND / 2);
        now += SECOND;
        call.on(new Signal.Entered(attempt, Phase.AWAITING), now);
        assertThat(attempt.clockNanos()).isEqualTo(now + 20 * SECOND);
        now += 19 * SECOND;
        call.on(new Signal.FirstEvent(attempt), now);
        now += 10 * SECOND;
        attempt.progress(now);
        assertThat(attempt.clockNanos()).isEqualTo(now + 20 * SECOND);
        now += 19 * SECOND;
        attempt.progress(now);
        assertThat(attempt.clockNanos()).isEqualTo(60 * SECOND + 1);
    }

    @Test
    void a_slow_reader_is_not_the_servers_fault() {
        Call call = call(60);
        Attempt attempt = sent(call.on(Signal.STARTED, now));
        call.on(new Signal.FirstEvent(attempt), now);
        now += 5 * SECOND;
        attempt.pause(now);
        assertThat(attempt.clockNanos()).as("only the deadline").isEqualTo(60 * SECOND + 1);
        now += 30 * SECOND;
        attempt.resume(now);
        assertThat(attempt.clockNanos()).as("goes on where it stood").isEqualTo(now + 15 * SECOND);
    }

    @Test
    void a_clock_that_runs_out_names_its_phase_and_what_the_server_saw() {
        Call call = call(60);
        Attempt attempt = sent(call.on(Signal.STARTED, now));
        call.on(new Signal.Entered(attempt, Phase.CONNECTING), now);
        now = attempt.clockNanos();
        call.on(new Signal.TimedOut(attempt), now);
        Failure failure = failureOf(attempt);
        assertThat(failure.kind()).isEqualTo(FailureKind.CONNECT_TIMEOUT);
        assertThat(failure.acknowledged()).isEqualTo(Acknowledged.NO);
        assertThat(failure.describe()).contains("connect_timeout while connecting", "acknowledged: no", "firewalls");
    }

    @Test
    void silence_after_the_head_was_seen_by_the_server() {
        Call call = call(60);
        Attempt attempt = sent(call.on(Signal.STARTED, now));
        call.on(new Signal.Entered(attempt, Phase.AWAITING), now);
        attempt.headArrived();
        now = attempt.clockNanos();
        call.on(new Signal.TimedOut(attempt), now);
        assertThat(failureOf(attempt).acknowledged()).isEqualTo(Acknowledged.YES);
        assertThat(failureOf(attempt).kind()).isEqualTo(FailureKind.FIRST_TOKEN_TIMEOUT);
    }

    @Test
    void a_first_token_that_did_not_come_in_time_is_given_twice_the_time() {
        Timeouts hour = Workload.INTERACTIVE.timeouts().withTotal(Duration.ofHours(1));
        Duration short20 = Duration.ofSeconds(20);
        Timeouts clocks = new Timeouts(hour.connect(), hour.write(), short20, hour.answer(), hour.idle(), hour.total());
        Call call = engine.newCall(request(3600).with(clocks), () -> {}, Chances.always(0.5));
        Attempt first = sent(call.on(Signal.STARTED, now));
        call.on(new Signal.Entered(first, Phase.AWAITING), now);
        now = first.clockNanos();
        Step.Wait wait = (Step.Wait) call.on(new Signal.TimedOut(first), now);
        now = wait.untilNanos();
        Attempt second = sent(call.on(Signal.WOKE, now));
        call.on(new Signal.Entered(second, Phase.AWAITING), now);
        assertThat(second.clockNanos()).isEqualTo(now + 40 * SECOND);
    }

    @Test
    void an_attempt_is_not_cut_where_another_would_have_less_time() {
        Call call = call(60);
        Attempt first = sent(call.on(Signal.STARTED, now));
        call.on(new Signal.Entered(first, Phase.AWAITING), now + 25 * SECOND);
        assertThat(first.clockNanos())
                .as("35 s are left, and 20 of them would be gone")
                .isEqualTo(now + 60 * SECOND);
    }

    @Test
    void a_stream_that_moves_outlives_a_deadline_that_nobody_declared_and_no_silence() {
        Call call = engine.newCall(request(60).with(Cutoff.NEXT_ATTEMPT), () -> {}, Chances.always(0.5));
        Attempt attempt = sent(call.on(Signal.STARTED, now));
        call.on(new Signal.Entered(attempt, Phase.AWAITING), now);
        call.on(new Signal.FirstEvent(attempt), now + SECOND);
        attempt.progress(now + 59 * SECOND);
        assertThat(attempt.clockNanos()).isEqualTo(now + 79 * SECOND);
        attempt.progress(now + 70 * SECOND);
        now += 90 * SECOND;
        assertThat(attempt.timedOut(now).kind()).isEqualTo(FailureKind.STREAM_STALLED);
        attempt.pause(now);
        assertThat(attempt.clockNanos())
                .as("a caller who does not read holds it for no longer than a call may take")
                .isEqualTo(130 * SECOND + 1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void who_says_nothing_waits_for_an_answer_as_long_as_who_asks_directly(boolean streamed) {
        Request request = Request.arriving(
                        "r", TARGET, Workload.INTERACTIVE, Workload.INTERACTIVE.timeouts(), streamed, now)
                .with(Cutoff.NEXT_ATTEMPT);
        Call call = engine.newCall(request, () -> {}, Chances.always(0.5));
        Attempt first = sent(call.on(Signal.STARTED, now));
        call.on(new Signal.Entered(first, Phase.CONNECTING), now);
        call.on(new Signal.Entered(first, Phase.AWAITING), now);
        assertThat(first.clockNanos() - now).isEqualTo(30 * 60 * SECOND);
        now += 70 * SECOND;
        Result.Failed failed = failed(
                call.on(new Signal.Ended(first, new Outcome.Failed(first.lost("the connection was reset"))), now));
        assertThat(failed.reason()).as("nothing new begins").isEqualTo(GiveUp.NO_TIME_LEFT);
    }

    @Test
    void a_later_attempt_of_who_says_nothing_has_the_time_of_a_call() {
        Call call = engine.newCall(request(60).with(Cutoff.NEXT_ATTEMPT), () -> {}, Chances.always(0.5));
        Attempt first = sent(call.on(Signal.STARTED, now));
        now += 50 * SECOND;
        Failure refused = Failure.answered(FailureKind.OVERLOADED, 503, "too busy");
        Step.Wait wait = (Step.Wait) call.on(new Signal.Ended(first, new Outcome.Failed(refused)), now);
        now = wait.untilNanos();
        Attempt later = sent(call.on(Signal.WOKE, now));
        call.on(new Signal.Entered(later, Phase.AWAITING), now);
        assertThat(later.clockNanos() - now).isEqualTo(60 * SECOND);
    }

    @Test
    void the_deadline_ends_a_call_wherever_it_is() {
        Call call = call(5);
        Attempt attempt = sent(call.on(Signal.STARTED, now));
        call.on(new Signal.Entered(attempt, Phase.AWAITING), now);
        now = attempt.clockNanos();
        Result.Failed failed = failed(call.on(new Signal.TimedOut(attempt), now));
        assertThat(failed.reason()).isEqualTo(GiveUp.DEADLINE);
        assertThat(failed.failure().kind()).isEqualTo(FailureKind.DEADLINE_EXCEEDED);
        assertThat(now).isEqualTo(5 * SECOND + 1);
    }

    @Test
    void a_last_try_that_the_deadline_cuts_does_not_hide_what_went_wrong_before() {
        Call call = call(40);
        Attempt first = sent(call.on(Signal.STARTED, now));
        Failure refused = Failure.answered(FailureKind.OVERLOADED, 503, "too busy");
        Step.Wait wait = (Step.Wait) call.on(new Signal.Ended(first, new Outcome.Failed(refused)), now);
        now = wait.untilNanos();
        Attempt last = sent(call.on(Signal.WOKE, now));
        call.on(new Signal.Entered(last, Phase.AWAITING), now);
        now = 40 * SECOND + 1;
        Result.Failed failed = failed(call.on(new Signal.TimedOut(last), now));
        assertThat(failed.reason()).isEqualTo(GiveUp.DEADLINE);
        assertThat(failed.failure().kind()).isEqualTo(FailureKind.OVERLOADED);
        assertThat(failed.failure().status()).isEqualTo(503);
        assertThat(failed.failure().acknowledged()).isEqualTo(Acknowledged.YES);
        assertThat(failed.failure().message())
                .startsWith("too busy; the last try was cut, because the call's deadline came after ");
    }

    @Test
    void a_caller_who_leaves_frees_everything() {
        Call call = call(60);
        call.on(Signal.STARTED, now);
        Result.Failed failed = failed(call.on(Signal.CANCELLED, now));
        assertThat(failed.reason()).isEqualTo(GiveUp.CANCELLED);
        assertThat(engine.targets().get(TARGET).gate().inFlight()).isZero();
        assertThat(call.on(Signal.CANCELLED, now)).as("the second time").isEqualTo(Step.CARRY_ON);
    }

    @Test
    void calls_to_a_silent_target_are_parked_and_say_so_when_their_time_is_up() {
        shutTheGate();
        Call call = call(60);
        Step.Wait wait = (Step.Wait) call.on(Signal.STARTED, now);
        assertThat(wait.why()).isEqualTo(Step.Why.GATE_SHUT);
        Result.Failed failed = failed(call.on(Signal.WOKE, 60 * SECOND + 1));
        assertThat(failed.reason()).isEqualTo(GiveUp.DEADLINE);
        assertThat(failed.failure().phase()).isEqualTo(Phase.QUEUED);
        assertThat(failed.failure().acknowledged()).isEqualTo(Acknowledged.NO);
    }

    @Test
    void a_probe_does_not_use_up_the_calls_attempts() {
        shutTheGate();
        Call call = call(600);
        Step step = call.on(Signal.STARTED, now);
        int attempts = 0;
        while (!(step instanceof Step.Finish) && attempts < 40) {
            if (step instanceof Step.Send send) {
                attempts++;
                step = fail(call, send.attempt(), FailureKind.CONNECT_FAILED);
            } else {
                now = ((Step.Wait) step).untilNanos();
                step = call.on(Signal.WOKE, now);
            }
        }
        assertThat(attempts)
                .as("six tries shut the gate, then probes until the deadline")
                .isGreaterThan(6);
    }

    @Test
    void late_news_about_an_old_attempt_changes_nothing() {
        Call call = call(60);
        Attempt first = sent(call.on(Signal.STARTED, now));
        Step.Wait wait = (Step.Wait) fail(call, first, FailureKind.CONNECTION_LOST);
        Attempt second = sent(call.on(Signal.WOKE, wait.untilNanos()));
        assertThat(call.on(new Signal.Ended(first, DONE), now)).isEqualTo(Step.CARRY_ON);
        assertThat(call.on(new Signal.FirstEvent(first), now)).isEqualTo(Step.CARRY_ON);
        assertThat(second.outcome()).isEmpty();
    }

    @Test
    void targets_are_remembered_up_to_a_bound() {
        for (int i = 0; i < Engine.MAX_TARGETS + 50; i++) {
            Request request = Request.arriving(
                    "r", new Target("host", "m" + i), Workload.INTERACTIVE, Workload.INTERACTIVE.timeouts(), true, now);
            engine.newCall(request, () -> {}, Chances.always(0.5)).on(Signal.STARTED, now);
        }
        assertThat(engine.targets()).hasSizeLessThanOrEqualTo(Engine.MAX_TARGETS);
    }

    @Test
    void limits_that_make_no_sense_are_refused_by_name() {
        assertThatThrownBy(() -> Workload.AGENTIC.timeouts().withTotal(Duration.ZERO))
                .hasMessageContaining("'total'")
                .hasMessageContaining("PT0S");
        assertThatThrownBy(() -> Deadline.after(Duration.ofDays(400), 0)).hasMessageContaining("24 hours");
    }

    @Test
    void workloads_are_inferred_and_the_inference_is_shown() {
        assertThat(Workload.infer(true, false, 10, Size.NO_LIMIT))
                .isEqualTo(new Workload.Choice(Workload.AGENTIC, "inferred: tools present"));
        assertThat(Workload.infer(false, false, 50_000, Size.NO_LIMIT).workload())
                .isEqualTo(Workload.LONG_CONTEXT);
        assertThat(Workload.infer(false, false, 5, Size.NO_LIMIT).workload()).isEqualTo(Workload.INTERACTIVE);
        assertThat(Workload.named(" Long-Context ")).isEqualTo(Optional.of(Workload.LONG_CONTEXT));
        assertThat(Workload.named("fast")).isEmpty();
    }

    private void shutTheGate() {
        for (int i = 0; i < 6; i++) {
            Call call = call(60);
            fail(call, sent(call.on(Signal.STARTED, now)), FailureKind.CONNECT_FAILED);
            call.on(Signal.CANCELLED, now);
        }
    }

    private Call call(int deadlineSeconds) {
        return engine.newCall(request(deadlineSeconds), () -> {}, Chances.always(0.5));
    }

    private Request request(int deadlineSeconds) {
        Timeouts timeouts = Workload.INTERACTIVE.timeouts().withTotal(Duration.ofSeconds(deadlineSeconds));
        return Request.arriving("r", TARGET, Workload.INTERACTIVE, timeouts, true, now);
    }

    private Step fail(Call call, Attempt attempt, FailureKind kind) {
        return call.on(new Signal.Ended(attempt, new Outcome.Failed(Failure.of(kind, attempt.phase(), "x"))), now);
    }

    private static Attempt sent(Step step) {
        assertThat(step).isInstanceOf(Step.Send.class);
        return ((Step.Send) step).attempt();
    }

    private static Result.Failed failed(Step step) {
        assertThat(step).isInstanceOf(Step.Finish.class);
        return (Result.Failed) ((Step.Finish) step).result();
    }

    private static Failure failureOf(Attempt attempt) {
        return ((Outcome.Failed) attempt.outcome().orElseThrow()).failure();
    }
}
