package dev.backstay.core;

import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Whose turn is it? Calls that wait for a {@link Limiter}, by priority, and within a priority by deadline. Earliest deadline
 * first serves as many in time as any order does, as long as nobody stands in line who cannot be served in time; so the
 * {@link Limiter} refuses those when they come.
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

    private static final Comparator<Lease> BY_DEADLINE =
            Comparator.comparing(Lease::deadline).thenComparingLong(Lease::number);

    private final Map<Priority, TreeSet<Lease>> waiting = new EnumMap<>(Priority.class);
    private int size;
    private int turns;

    void add(Lease lease) {
        if (waiting.computeIfAbsent(lease.priority(), priority -> new TreeSet<>(BY_DEADLINE))
                .add(lease)) {
            size++;
        }
    }

    void remove(Lease lease) {
        TreeSet<Lease> same = waiting.get(lease.priority());
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

    /** A turn was taken. */
    void turnTaken() {
        turns = (turns + 1) % AGING;
    }

    /** Whose turn it is. */
    Optional<Lease> next() {
        boolean lowest = turns == AGING - 1;
        Optional<Lease> next = Optional.empty();
        for (TreeSet<Lease> same : waiting.values()) {
            if (!same.isEmpty() && (lowest || next.isEmpty())) {
                next = Optional.of(same.first());
            }
        }
        return next;
    }

    /** Who would be served last. */
    Optional<Lease> last() {
        Optional<Lease> last = Optional.empty();
        for (TreeSet<Lease> same : waiting.values()) {
            if (!same.isEmpty()) {
                last = Optional.of(same.last());
            }
        }
        return last;
    }

    /** Tells all. */
    void forEach(Consumer<Lease> each) {
        waiting.values().forEach(same -> same.forEach(each));
    }

    /** Tells all who would be served before this one. */
    void forEachBefore(Lease lease, Consumer<Lease> each) {
        waiting.forEach((priority, same) -> {
            if (priority.compareTo(lease.priority()) < 0) {
                same.forEach(each);
            } else if (priority == lease.priority()) {
                same.headSet(lease).forEach(each);
            }
        });
    }
}
