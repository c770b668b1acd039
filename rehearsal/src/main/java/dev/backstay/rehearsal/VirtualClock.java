package dev.backstay.rehearsal;

import dev.backstay.client.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;

/**
 * A clock that jumps, for one thread. When it passes a moment at which our process is killed it throws: whatever was in memory
 * is gone, as with a real kill.
 */
public final class VirtualClock implements Clock {

    /** Our process is gone. Nobody may catch it but who started the process. */
    public static final class Killed extends Error {

        private static final long serialVersionUID = 1;

        Killed() {
            super("killed", null, false, false);
        }
    }

    private final Instant epoch;
    private final Deque<Long> kills;
    private long nanos;

    /** One that starts at this moment and kills at these, in nanoseconds since then. */
    public VirtualClock(Instant epoch, Collection<Long> kills) {
        this.epoch = epoch;
        this.kills = new ArrayDeque<>(kills.stream().sorted().toList());
    }

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public Instant now() {
        return epoch.plusNanos(nanos);
    }

    @Override
    public void await(Object monitor, long untilNanos) {
        jump(untilNanos);
    }

    /** Lets time pass until then; the past stays where it is. */
    void jump(long untilNanos) {
        Long kill = kills.peek();
        if (kill != null && kill <= untilNanos) {
            kills.remove();
            nanos = Math.max(nanos, kill);
            throw new Killed();
        }
        nanos = Math.max(nanos, untilNanos);
    }
}
