package dev.backstay.simulator;

import java.util.PriorityQueue;

/**
 * A number that jumps from event to event. Events at the same moment happen in the order they were planned, so a run with
 * the same seed is the same run.
 */
public final class VirtualTime {

    private record Event(long atNanos, long order, Runnable what) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    /** Events at one moment, at most. */
    static final int EVENTS_AT_ONCE = 1_000_000;

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long now;
    private long planned;

    /** What time it is, in nanoseconds since the run began. */
    public long nanos() {
        return now;
    }

    /** Plans an event; one in the past happens now. */
    public void at(long atNanos, Runnable what) {
        events.add(new Event(Math.max(now, atNanos), planned++, what));
    }

    /**
     * Lets everything happen, until nothing is planned any more.
     *
     * @throws IllegalStateException if {@value #EVENTS_AT_ONCE} events happen at one moment: somebody wakes somebody in a circle
     */
    public void run() {
        int atOnce = 0;
        for (Event event = events.poll(); event != null; event = events.poll()) {
            atOnce = event.atNanos == now ? atOnce + 1 : 0;
            if (atOnce > EVENTS_AT_ONCE) {
                throw new IllegalStateException("time stands still at " + now + " ns");
            }
            now = event.atNanos;
            event.what.run();
        }
    }
}
