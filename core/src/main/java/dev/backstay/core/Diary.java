package dev.backstay.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What a {@link Call} did so far, for reports: its attempts and its pauses. Nothing is decided by it.
 *
 * <p>Belongs to the call's thread. Once the call is over it no longer changes, and any thread may read it.
 */
public final class Diary {

    /** Attempts kept; probes of a long outage beyond it are counted and forgotten. */
    public static final int ATTEMPTS_KEPT = 64;

    /** Pauses kept. */
    public static final int WAITS_KEPT = 64;

    /**
     * A pause that a call was told to make. It ended when the next thing happened.
     *
     * @param fromNanos since when
     * @param untilNanos until when it should have lasted, at most
     * @param why what it waited for
     */
    public record Waited(long fromNanos, long untilNanos, Step.Why why) {}

    private final List<Attempt> attempts = new ArrayList<>(2);
    private List<Attempt> justEnded = List.of();
    private List<Waited> waits = List.of();
    private boolean begun;
    private long beganNanos;

    Diary() {}

    /** Something happens now. */
    void turnPage(long nowNanos) {
        justEnded = List.of();
        if (!begun) {
            begun = true;
            beganNanos = nowNanos;
        }
    }

    void sent(Attempt attempt) {
        if (attempts.size() == ATTEMPTS_KEPT) {
            attempts.remove(ATTEMPTS_KEPT - 1);
        }
        attempts.add(attempt);
    }

    void ended(Attempt attempt) {
        if (justEnded.isEmpty()) {
            justEnded = List.of(attempt);
        } else {
            justEnded = new ArrayList<>(justEnded);
            justEnded.add(attempt);
        }
    }

    /** Being told again to wait for the same is one wait; waiting for a hedge is none, because something is under way. */
    void told(Step step, long nowNanos) {
        if (!(step instanceof Step.Wait wait) || wait.why() == Step.Why.HEDGE) {
            return;
        }
        Waited last = waits.isEmpty() ? null : waits.get(waits.size() - 1);
        boolean same = last != null
                && last.why() == wait.why()
                && (attempts.isEmpty() || attempts.get(attempts.size() - 1).sentNanos() - last.fromNanos() < 0);
        if (last != null && same) {
            waits.set(waits.size() - 1, new Waited(last.fromNanos(), wait.untilNanos(), wait.why()));
        } else if (waits.size() < WAITS_KEPT) {
            waits = waits.isEmpty() ? new ArrayList<>(2) : waits;
            waits.add(new Waited(nowNanos, wait.untilNanos(), wait.why()));
        }
    }

    /** When the call arrived. */
    public long beganNanos() {
        return beganNanos;
    }

    /** The attempts so far; of more than {@value #ATTEMPTS_KEPT} the first ones and the newest. */
    public List<Attempt> attempts() {
        return Collections.unmodifiableList(attempts);
    }

    /** The attempts that ended in the step that is being heard. Each attempt of a call is among them once. */
    public List<Attempt> justEnded() {
        return Collections.unmodifiableList(justEnded);
    }

    /** The pauses so far, at most {@value #WAITS_KEPT}. */
    public List<Waited> waits() {
        return Collections.unmodifiableList(waits);
    }
}
