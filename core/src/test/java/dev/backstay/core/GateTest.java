package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.core.FailureKind.GateNews;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class GateTest {

    private static final long SECOND = 1_000_000_000L;
    private static final RandomGenerator MIDDLE = Chances.always(0.5);

    private final Gate gate = new Gate();
    private final List<String> woken = new ArrayList<>();
    private long now;

    @Test
    void a_run_of_failures_shuts_it_and_a_sign_of_life_ends_the_run() {
        fail(5, GateNews.DOWN);
        succeed();
        fail(5, GateNews.DOWN);
        assertThat(gate.state()).isEqualTo(Gate.State.OPEN);
        fail(1, GateNews.DOWN);
        assertThat(gate.state()).isEqualTo(Gate.State.SHUT);
    }

    @Test
    void quick_refusals_weigh_half() {
        fail(11, GateNews.REJECTING);
        assertThat(gate.state()).isEqualTo(Gate.State.OPEN);
        fail(1, GateNews.REJECTING);
        assertThat(gate.state()).isEqualTo(Gate.State.SHUT);
    }

    @Test
    void what_is_the_callers_fault_says_nothing() {
        fail(100, GateNews.NOTHING);
        assertThat(gate.state()).isEqualTo(Gate.State.OPEN);
    }

    @Test
    void the_earliest_deadline_probes_when_a_probe_is_due() {
        shut();
        Gate.Ticket late = ticket("late", 60);
        Gate.Ticket early = ticket("early", 30);
        assertThat(admit(late)).isEqualTo(Gate.Admission.PARK);
        assertThat(admit(early)).isEqualTo(Gate.Admission.PARK);
        assertThat(early.wakeNanos()).isEqualTo(now + SECOND / 2);
        now += SECOND / 2;
        assertThat(admit(late)).as("not first in line").isEqualTo(Gate.Admission.PARK);
        assertThat(late.wakeNanos()).isEqualTo(60 * SECOND);
        assertThat(admit(early)).isEqualTo(Gate.Admission.PROBE);
        assertThat(woken)
                .as("the next in line learns when the next probe is due")
                .containsExactly("late");
    }

    @Test
    void a_silent_probe_does_not_hold_back_the_next_one() {
        shut();
        Gate.Ticket first = ticket("first", 60);
        now += SECOND;
        assertThat(admit(first)).isEqualTo(Gate.Admission.PROBE);
        Gate.Ticket second = ticket("second", 60);
        assertThat(admit(second)).isEqualTo(Gate.Admission.PARK);
        now = second.wakeNanos();
        assertThat(admit(second)).isEqualTo(Gate.Admission.PROBE);
    }

    @Test
    void probes_come_ever_more_rarely() {
        shut();
        long longest = 0;
        for (int i = 0; i < 10; i++) {
            Gate.Ticket probe = ticket("probe", 600);
            if (admit(probe) == Gate.Admission.PARK) {
                longest = probe.wakeNanos() - now;
                now = probe.wakeNanos();
                assertThat(admit(probe)).isEqualTo(Gate.Admission.PROBE);
            }
            gate.ended(probe, GateNews.DOWN, Gate.TRIP_WEIGHT, MIDDLE, now);
        }
        assertThat(longest).isEqualTo(ProbeSchedule.LAST_NANOS);
    }

    @Test
    void a_first_event_lets_parked_calls_go_one_after_the_other_and_then_everybody() {
        shut();
        List<Gate.Ticket> parked = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            parked.add(ticket("p" + i, 60 + i));
            admit(parked.get(i));
        }
        now += SECOND;
        assertThat(admit(parked.get(0))).isEqualTo(Gate.Admission.PROBE);
        gate.firstEvent(parked.get(0), now);
        assertThat(gate.state()).isEqualTo(Gate.State.REOPENING);
        assertThat(gate.inFlight()).as("the probe and those let go").isEqualTo(1 + Gate.FIRST_WINDOW);
        assertThat(woken).containsSubsequence("p1", "p2", "p8").doesNotContain("p9");
        int turn = 0;
        while (gate.state() == Gate.State.REOPENING) {
            Gate.Ticket ticket = parked.get(turn++);
            if (turn > 1) {
                assertThat(admit(ticket)).isEqualTo(Gate.Admission.PASS);
            }
            gate.firstEvent(ticket, now);
            gate.ended(ticket, GateNews.ALIVE, Gate.TRIP_WEIGHT, MIDDLE, now);
        }
        assertThat(gate.state()).isEqualTo(Gate.State.OPEN);
        assertThat(gate.parked()).isZero();
    }

    @Test
    void attempts_stuck_in_the_silence_take_no_place_from_those_that_follow() {
        List<Gate.Ticket> stuck = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            stuck.add(ticket("stuck", 600));
            admit(stuck.get(i));
        }
        shut();
        Gate.Ticket probe = ticket("probe", 60);
        Gate.Ticket next = ticket("next", 60);
        now += SECOND;
        admit(probe);
        admit(next);
        gate.firstEvent(probe, now);
        assertThat(admit(next)).isEqualTo(Gate.Admission.PASS);
        stuck.forEach(ticket -> gate.ended(ticket, GateNews.DOWN, Gate.TRIP_WEIGHT, MIDDLE, now));
        assertThat(gate.state()).as("their late timeouts are old news").isNotEqualTo(Gate.State.SHUT);
        gate.ended(probe, GateNews.ALIVE, Gate.TRIP_WEIGHT, MIDDLE, now);
        assertThat(gate.inFlight()).isEqualTo(1);
    }

    @Test
    void a_call_that_was_let_go_and_left_gives_its_place_back() {
        shut();
        Gate.Ticket probe = ticket("probe", 60);
        now += SECOND;
        admit(probe);
        List<Gate.Ticket> parked = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            parked.add(ticket("p" + i, 61));
            admit(parked.get(i));
        }
        gate.firstEvent(probe, now);
        gate.ended(probe, GateNews.ALIVE, Gate.TRIP_WEIGHT, MIDDLE, now);
        parked.forEach(ticket -> gate.leave(ticket, now));
        assertThat(gate.inFlight()).isZero();
        assertThat(gate.parked()).isZero();
        assertThat(gate.state()).isEqualTo(Gate.State.OPEN);
    }

    @Test
    void an_answer_to_an_old_attempt_does_not_reopen_it() {
        Gate.Ticket old = ticket("old", 60);
        admit(old);
        now += SECOND;
        shut();
        gate.firstEvent(old, now);
        assertThat(gate.state()).isEqualTo(Gate.State.SHUT);
        gate.ended(old, GateNews.ALIVE, Gate.TRIP_WEIGHT, MIDDLE, now);
        assertThat(gate.state()).isEqualTo(Gate.State.SHUT);
    }

    @Test
    void reopening_stops_growing_when_the_target_gets_slow() {
        for (int i = 0; i < 50; i++) {
            Gate.Ticket usual = ticket("usual", 600);
            admit(usual);
            now += SECOND;
            gate.firstEvent(usual, now);
            gate.ended(usual, GateNews.ALIVE, Gate.TRIP_WEIGHT, MIDDLE, now);
        }
        shut();
        List<Gate.Ticket> parked = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            parked.add(ticket("p" + i, 600));
            admit(parked.get(i));
        }
        now += SECOND;
        admit(parked.get(0));
        now += 10 * SECOND;
        for (int i = 0; i < 10; i++) {
            gate.firstEvent(parked.get(i), now);
            gate.ended(parked.get(i), GateNews.ALIVE, Gate.TRIP_WEIGHT, MIDDLE, now);
            admit(parked.get(i + 1));
            now += 10 * SECOND;
        }
        assertThat(gate.inFlight())
                .as("usual was 1 at a time, answers take ten times as long")
                .isLessThanOrEqualTo(2);
    }

    @Test
    void a_target_that_goes_silent_while_reopening_is_probed_again() {
        shut();
        Gate.Ticket probe = ticket("probe", 60);
        now += SECOND;
        admit(probe);
        List<Gate.Ticket> behind = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            behind.add(ticket("p" + i, 61 + i));
            admit(behind.get(i));
        }
        gate.firstEvent(probe, now);
        for (int i = 0; gate.state() == Gate.State.REOPENING; i++) {
            admit(behind.get(i));
            gate.ended(behind.get(i), GateNews.DOWN, Gate.TRIP_WEIGHT, MIDDLE, now);
            assertThat(i).as("silences until it gives up").isLessThan(4);
        }
        assertThat(gate.state()).isEqualTo(Gate.State.SHUT);
    }

    @Test
    void too_many_parked_calls_are_refused() {
        shut();
        for (int i = 0; i < Gate.MAX_PARKED; i++) {
            assertThat(admit(ticket("p", 60))).isEqualTo(Gate.Admission.PARK);
        }
        assertThat(admit(ticket("one more", 60))).isEqualTo(Gate.Admission.FULL);
    }

    @Test
    void when_the_first_in_line_leaves_the_next_one_takes_over() {
        shut();
        Gate.Ticket first = ticket("first", 30);
        Gate.Ticket second = ticket("second", 60);
        admit(first);
        admit(second);
        gate.leave(first, now);
        assertThat(woken).containsExactly("second");
        assertThat(admit(second)).isEqualTo(Gate.Admission.PARK);
        assertThat(second.wakeNanos()).isEqualTo(now + SECOND / 2);
    }

    private void shut() {
        fail(6, GateNews.DOWN);
        assertThat(gate.state()).isEqualTo(Gate.State.SHUT);
    }

    private void fail(int times, GateNews news) {
        for (int i = 0; i < times; i++) {
            Gate.Ticket ticket = ticket("failing", 60);
            admit(ticket);
            gate.ended(ticket, news, Gate.TRIP_WEIGHT, MIDDLE, now);
        }
    }

    private void succeed() {
        Gate.Ticket ticket = ticket("succeeding", 60);
        admit(ticket);
        gate.firstEvent(ticket, now);
        gate.ended(ticket, GateNews.ALIVE, Gate.TRIP_WEIGHT, MIDDLE, now);
    }

    private Gate.Admission admit(Gate.Ticket ticket) {
        return gate.admit(ticket, true, MIDDLE, now);
    }

    private Gate.Ticket ticket(String name, int deadlineSeconds) {
        return gate.ticket(new Deadline(deadlineSeconds * SECOND), 120 * SECOND, () -> woken.add(name));
    }
}
