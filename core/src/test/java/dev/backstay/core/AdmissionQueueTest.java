package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AdmissionQueueTest {

    private static final long SECOND = 1_000_000_000L;

    private final Limiter limiter = new Limiter();
    private final AdmissionQueue queue = new AdmissionQueue();

    @Test
    void the_earliest_deadline_goes_first_and_then_who_came_first() {
        Lease late = add(Priority.DEFAULT, 60);
        Lease early = add(Priority.DEFAULT, 10);
        Lease early2 = add(Priority.DEFAULT, 10);
        assertThat(drain()).containsExactly(early, early2, late);
    }

    @Test
    void a_higher_priority_goes_before_any_deadline() {
        Lease batch = add(Priority.BATCH, 1);
        Lease sheddable = add(Priority.SHEDDABLE, 5);
        Lease usual = add(Priority.DEFAULT, 10);
        Lease critical = add(Priority.CRITICAL, 100);
        assertThat(drain()).containsExactly(critical, usual, sheddable, batch);
    }

    @Test
    void one_turn_in_twenty_goes_to_the_lowest_so_that_nobody_starves() {
        Lease batch = add(Priority.BATCH, 100);
        int turns = 0;
        add(Priority.CRITICAL, 10);
        while (queue.next().orElseThrow() != batch) {
            queue.remove(queue.next().orElseThrow());
            queue.turnTaken();
            add(Priority.CRITICAL, 10);
            turns++;
        }
        assertThat(turns).isEqualTo(AdmissionQueue.AGING - 1);
    }

    @Test
    void who_would_be_served_last_is_known() {
        assertThat(queue.last()).isEmpty();
        add(Priority.CRITICAL, 100);
        Lease last = add(Priority.BATCH, 50);
        add(Priority.BATCH, 10);
        assertThat(queue.last()).contains(last);
    }

    @Test
    void those_before_somebody_are_the_higher_priorities_and_the_earlier_deadlines() {
        Lease critical = add(Priority.CRITICAL, 100);
        Lease earlier = add(Priority.DEFAULT, 10);
        add(Priority.DEFAULT, 30);
        add(Priority.BATCH, 1);
        List<Lease> before = new ArrayList<>();
        queue.forEachBefore(lease(Priority.DEFAULT, 20), before::add);
        assertThat(before).containsExactly(critical, earlier);
    }

    @Test
    void adding_and_removing_twice_counts_once() {
        Lease lease = add(Priority.DEFAULT, 10);
        queue.add(lease);
        assertThat(queue.size()).isEqualTo(1);
        queue.remove(lease);
        queue.remove(lease);
        assertThat(queue.size()).isZero();
        assertThat(queue.isEmpty()).isTrue();
    }

    private Lease add(Priority priority, int deadlineSeconds) {
        Lease lease = lease(priority, deadlineSeconds);
        queue.add(lease);
        return lease;
    }

    private Lease lease(Priority priority, int deadlineSeconds) {
        Timeouts timeouts = Workload.INTERACTIVE.timeouts().withTotal(java.time.Duration.ofSeconds(deadlineSeconds));
        Request request = Request.arriving(
                        "r", new Target("host", "model"), Workload.INTERACTIVE, timeouts, true, SECOND)
                .with(priority);
        return limiter.lease(request, () -> {});
    }

    private List<Lease> drain() {
        List<Lease> order = new ArrayList<>();
        for (Optional<Lease> next = queue.next(); next.isPresent(); next = queue.next()) {
            order.add(next.get());
            queue.remove(next.get());
        }
        return order;
    }
}
