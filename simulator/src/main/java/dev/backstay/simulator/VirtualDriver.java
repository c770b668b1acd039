package dev.backstay.simulator;

import dev.backstay.core.Attempt;
import dev.backstay.core.Outcome;
import dev.backstay.core.Request;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Carries out the steps of one call in virtual time: the third driver, beside the library's and the gateway's. Its
 * attempts are {@link RenderedAttempt}s, which read real bytes with the same {@code wire} code as the others, or
 * {@link PlannedAttempt}s, which only do what matters to a decision.
 */
public final class VirtualDriver {

    private static final int TOO_MANY_REQUESTS = 429;

    private final World world;
    private final long callNumber;
    private final Ask ask;
    private final Receiver receiver;
    private final Policy.Caller caller;
    private final long arrivedNanos;

    private final List<VirtualAttempt> running = new ArrayList<>(1);
    private long wakeAtNanos = Course.NEVER;
    private int attempts;
    private int rejected;
    private long billed;
    private long firstEventNanos = Ending.NEVER;
    private @Nullable VirtualAttempt completed;
    private boolean over;
    private int stitches;
    private int deliveredTokens;

    /** A call that arrives now. */
    public VirtualDriver(World world, long callNumber, Ask ask, Request request, Policy policy, Receiver receiver) {
        this.world = world;
        this.callNumber = callNumber;
        this.ask = ask;
        this.receiver = receiver;
        this.arrivedNanos = world.time().nanos();
        this.caller = policy.begin(new Policy.Arrival(
                callNumber, ask, request, this::wakeSoon, world.chance().policy(callNumber)));
    }

    /** Begins. */
    public void start() {
        tell(Signal.STARTED);
    }

    /** The caller leaves. */
    public void cancel() {
        tell(Signal.CANCELLED);
    }

    World world() {
        return world;
    }

    /** What this attempt asks: all, or the rest of an answer that broke. */
    Ask ask(Attempt attempt) {
        return attempt.seam() == 0 ? ask : ask.after(deliveredTokens);
    }

    Receiver receiver() {
        return receiver;
    }

    long callNumber() {
        return callNumber;
    }

    private void wakeSoon() {
        world.time().at(world.time().nanos(), () -> tell(Signal.WOKE));
    }

    void tell(Signal signal) {
        if (!over) {
            perform(caller.on(signal, world.time().nanos()));
        }
    }

    private void perform(Step step) {
        if (step instanceof Step.Send send) {
            send(send.attempt());
        } else if (step instanceof Step.Wait wait) {
            wakeAt(wait.untilNanos());
        } else if (step instanceof Step.Deliver deliver) {
            deliver(deliver.attempt());
        } else if (step instanceof Step.Keep keep) {
            closeOthers(keep.attempt());
        } else if (step instanceof Step.Finish finish) {
            finish(finish);
        }
    }

    private void send(Attempt attempt) {
        attempts = Math.max(attempts, attempt.number());
        receiver.sent(world.time().nanos());
        Provider provider = world.providers().apply(attempt.target());
        VirtualAttempt next = world.rendered()
                ? new RenderedAttempt(this, attempt, provider)
                : new PlannedAttempt(this, attempt, provider);
        running.add(next);
        stitches = attempt.seam();
        next.begin();
    }

    private void wakeAt(long nanos) {
        wakeAtNanos = nanos;
        world.time().at(nanos, () -> {
            if (wakeAtNanos == nanos) {
                tell(Signal.WOKE);
            }
        });
    }

    private void deliver(Attempt attempt) {
        closeOthers(attempt);
        running.forEach(VirtualAttempt::deliver);
    }

    private void closeOthers(Attempt attempt) {
        for (VirtualAttempt each : List.copyOf(running)) {
            if (each.attempt() != attempt) {
                each.close(false);
            }
        }
    }

    /** An answer has begun. */
    void begun(VirtualAttempt attempt) {
        firstEventNanos = Math.min(firstEventNanos, world.time().nanos());
        tell(new Signal.FirstEvent(attempt.attempt()));
    }

    /** So many tokens of an answer that broke have been delivered. */
    void broke(int tokens) {
        deliveredTokens += tokens;
    }

    /** The attempt is over, and what it was billed for was of use or not. */
    void closed(VirtualAttempt attempt, long billedInVain) {
        running.remove(attempt);
        billed += billedInVain;
    }

    void ended(VirtualAttempt attempt, Outcome outcome) {
        if (outcome instanceof Outcome.Failed failed && failed.failure().status() == TOO_MANY_REQUESTS) {
            rejected++;
        }
        completed = outcome instanceof Outcome.Completed ? attempt : null;
        tell(new Signal.Ended(attempt.attempt(), outcome));
    }

    private void finish(Step.Finish finish) {
        over = true;
        if (finish.result().succeeded() && completed != null) {
            completed.handOver();
        }
        for (VirtualAttempt each : List.copyOf(running)) {
            each.close(false);
        }
        long inVain = finish.result().succeeded() ? billed : billed + deliveredTokens;
        receiver.ended(new Ending(
                callNumber,
                finish.result(),
                attempts,
                arrivedNanos,
                firstEventNanos,
                world.time().nanos(),
                inVain,
                rejected,
                finish.result().succeeded() ? deliveredTokens : 0,
                stitches));
    }
}
