package dev.backstay.core;

import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Whose turn is it? Calls that wait for a {@link Limiter}, by priority, and within a priority by deadline.
 *
 * <p>While all of them can be served in time, the earliest deadline goes first. When they cannot, somebody must lose, and
 * earliest first would make everybody wait until it is nearly too late; then those with the most time left go first, which
 * serves as many and serves them at once (Facebook's adaptive LIFO: Maurer, "Fail at Scale", ACM Queue 2015). The order turns
 * back when the queue is nearly empty.
 *
 * <p>Every {@value #AGING}th turn goes to the lowest priority that waits, so that none starves.
 *
 * <p>Not thread-safe; the {@link Limiter} is.
 */
final class AdmissionQueue {

    /** Calls that may wait; beyond it the one that would be served last is refused. */
    static final int MAX_WAITING = 1_000;

    /** One turn in so many goes to the lowest priority. */
    static final int AGING = 20;

    private static final Comparator<Limiter.Lease> BY_DEADLINE = Comparator.<Limiter.Lease>comparingLong(
                    lease -> lease.deadline().atNanos())
            .thenComparingLong(Limiter.Lease::number);

    private final Map<Priority, TreeSet<Limiter.Lease>> waiting = new EnumMap<>(Priority.class);
    private boolean latestFirst;
    private int size;
    private int turns;

    void add(Limiter.Lease lease) {
        if (waiting.computeIfAbsent(lease.priority(), priority -> new TreeSet<>(BY_DEADLINE))
                .add(lease)) {
            size++;
        }
    }

    void remove(Limiter.Lease lease) {
        TreeSet<Limiter.Lease> same = waiting.get(lease.priority());
        if (same != null && same.remove(lease)) {
            size--;
        }
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    boolean isFull() {
        return size >= MAX_WAITING;
    }

    /** From now on those with the most time left go first, or again those with the least. */
    void latestFirst(boolean latest) {
        latestFirst = latest;
    }

    boolean isLatestFirst() {
        return latestFirst;
    }

    /** A turn was taken. */
    void turnTaken() {
        turns++;
    }

    /** Whose turn it is. */
    Optional<Limiter.Lease> next() {
        boolean lowest = turns % AGING == AGING - 1;
        Optional<Limiter.Lease> next = Optional.empty();
        for (TreeSet<Limiter.Lease> same : waiting.values()) {
            if (!same.isEmpty() && (lowest || next.isEmpty())) {
                next = Optional.of(latestFirst ? same.last() : same.first());
            }
        }
        return next;
    }

    /** Who would be served last. */
    Optional<Limiter.Lease> last() {
        Optional<Limiter.Lease> last = Optional.empty();
        for (TreeSet<Limiter.Lease> same : waiting.values()) {
            if (!same.isEmpty()) {
                last = Optional.of(latestFirst ? same.first() : same.last());
            }
        }
        return last;
    }
}
