package dev.backstay.core;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One try at a request: where it is, since when, and when its patience ends.
 *
 * <p>The driver moves it with {@link Signal.Entered} and {@link #progress}; its call reads it. Like its call it belongs to
 * one thread. Once it is over it no longer changes, and any thread may read it.
 */
public final class Attempt {

    /** Not ended. */
    private static final long NEVER = Long.MIN_VALUE;

    private final int number;
    private final Request request;
    private final Target target;
    private final boolean probe;
    private final int patience;
    private final long sentNanos;
    private Phase phase;
    private long progressNanos;
    private long endedNanos = NEVER;
    private boolean headArrived;
    private boolean paused;
    private @Nullable Outcome outcome;

    /**
     * One that starts now. Made by whoever decides: {@link Call}, or a rival policy in a rehearsal.
     *
     * @param target who is asked
     * @param patience by how much longer than usual it waits for a first token, at least 1
     */
    public Attempt(int number, Request request, Target target, boolean probe, int patience, long nowNanos) {
        this.target = target;
        this.number = number;
        this.patience = patience;
        this.request = request;
        this.probe = probe;
        this.sentNanos = nowNanos;
        this.phase = Phase.QUEUED;
        enter(Phase.RESOLVING, nowNanos);
    }

    /** It is in this phase from now on. For whoever decides; drivers send {@link Signal.Entered}. */
    public void enter(Phase next, long nowNanos) {
        phase = next;
        progressNanos = nowNanos;
    }

    /** It ended like this. For whoever decides; drivers send {@link Signal.Ended}. */
    public void end(Outcome how, long nowNanos) {
        outcome = how;
        endedNanos = nowNanos;
        if (how instanceof Outcome.Completed) {
            enter(Phase.DONE, nowNanos);
        }
    }

    /** The clock of the phase starts again: bytes were written, or an event came. Comments are not progress. */
    public void progress(long nowNanos) {
        progressNanos = nowNanos;
    }

    /** The head of the answer is here, so the server saw the request, whatever happens next. */
    public void headArrived() {
        headArrived = true;
    }

    /** The caller reads slowly: the server is not to blame, so only the deadline counts until {@link #resume}. */
    public void pause() {
        paused = true;
    }

    /** The caller reads again, and the clock of the phase starts again. */
    public void resume(long nowNanos) {
        if (paused) {
            paused = false;
            progressNanos = nowNanos;
        }
    }

    /** When the clock of the present phase runs out; never later than the call's deadline. */
    public long clockNanos() {
        long limit = request.timeouts().nanos(phase.clock(), request.streamed());
        if (paused || limit == Long.MAX_VALUE) {
            return request.deadline().atNanos();
        }
        long allowed = phase.clock() == Phase.Clock.FIRST_TOKEN ? limit * patience : limit;
        return request.deadline().cap(progressNanos + allowed);
    }

    /** Which try of its call this is, from 1. */
    public int number() {
        return number;
    }

    /** Whether it was sent to find out if a silent target is back. */
    public boolean isProbe() {
        return probe;
    }

    /** Who is asked. */
    public Target target() {
        return target;
    }

    /** Where it is. */
    public Phase phase() {
        return phase;
    }

    /** Whether the server saw it, as far as is known now. */
    public Acknowledged acknowledged() {
        return headArrived ? Acknowledged.YES : phase.acknowledged();
    }

    /** How it ended; empty while it runs. */
    public Optional<Outcome> outcome() {
        return Optional.ofNullable(outcome);
    }

    /** Whether it ended with this kind of failure. */
    public boolean endedBy(FailureKind kind) {
        return outcome instanceof Outcome.Failed failed && failed.failure().kind() == kind;
    }

    /** How long it has lasted, or lasted. */
    public long elapsedNanos(long nowNanos) {
        return (endedNanos == NEVER ? nowNanos : endedNanos) - sentNanos;
    }

    /** A connection lost now, as a failure of the phase. */
    public Failure lost(String message) {
        return Failure.lost(phase, message).withAcknowledged(acknowledged());
    }

    /** The phase's clock ran out now; if the deadline did, it says that. */
    public Failure timedOut(long nowNanos) {
        long seconds = Math.round(elapsedNanos(nowNanos) / 1e9);
        Failure failure = request.deadline().isPast(nowNanos)
                ? Failure.of(FailureKind.DEADLINE_EXCEEDED, phase, "the call's deadline came after " + seconds + " s")
                : Failure.timedOut(phase, "nothing happened for too long, " + seconds + " s into the attempt");
        return failure.withAcknowledged(acknowledged());
    }
}
