package dev.backstay.core;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One attempt of a call with its places at the gate and at the limiter, from asking for them to giving them back. */
final class Flight {

    private final TargetState state;
    private final Gate.Ticket ticket;
    private final Limiter.Lease lease;
    private @Nullable Attempt attempt;
    private int inFlight;

    Flight(TargetState state, Request request, Waker waker) {
        this.state = state;
        this.ticket = state.gate()
                .ticket(request.deadline(), request.timeouts().total().toNanos(), waker);
        this.lease = state.limiter().lease(request, waker);
    }

    TargetState state() {
        return state;
    }

    Gate.Ticket ticket() {
        return ticket;
    }

    Limiter.Lease lease() {
        return lease;
    }

    /** The attempt is sent now. */
    Attempt begin(int number, Request request, boolean probe, int patience, int seam, long nowNanos) {
        Attempt next = new Attempt(number, request, state.target(), probe, patience, seam, state.pace(), nowNanos);
        attempt = next;
        inFlight = state.limiter().inFlight();
        state.hedges().sent();
        return next;
    }

    Attempt attempt() {
        Attempt known = attempt;
        if (known == null) {
            throw new IllegalStateException("asked for an attempt that was not sent");
        }
        return known;
    }

    @SuppressWarnings("ReferenceEquality") // an attempt is only itself
    boolean carries(Attempt other) {
        return attempt == other;
    }

    /** The first event of a good answer. */
    void firstEvent(Request request, long nowNanos) {
        Attempt current = attempt();
        if (request.streamed()) {
            state.pace().firstEvent(request.size().promptTokens(), current.awaitingSinceNanos(), nowNanos);
        }
        current.headArrived();
        current.enter(Phase.STREAMING, nowNanos);
        if (tellsAboutLoad()) {
            state.budget().heard(inFlight, current.number() > 1, true);
        }
        state.gate().firstEvent(ticket, nowNanos);
    }

    /** It is over: everybody hears how. */
    void end(Outcome outcome, RandomGenerator random, long nowNanos) {
        Attempt current = attempt();
        boolean streamed = current.phase() == Phase.STREAMING;
        current.end(outcome, nowNanos);
        FailureKind.GateNews news = FailureKind.GateNews.ALIVE;
        if (outcome instanceof Outcome.Failed failed) {
            news = failed.failure().kind().gateNews();
        } else if (streamed) {
            state.pace().gap(current.longestPauseNanos());
        }
        boolean telling = tellsAboutLoad();
        if (news.weight() > 0 && telling) {
            state.budget().heard(inFlight, current.number() > 1, false);
        }
        RetryBudget.Cause cause = telling ? state.budget().cause() : RetryBudget.Cause.UNKNOWN;
        if (news == FailureKind.GateNews.REJECTING && cause == RetryBudget.Cause.LOAD) {
            news = FailureKind.GateNews.NOTHING; // who sheds load is alive; the limiter sends less
        }
        state.auth().heard(outcome, nowNanos);
        state.limiter().ended(lease, outcome, cause, nowNanos);
        state.gate().ended(ticket, news, state.budget().tripWeight(), random, nowNanos);
    }

    /** It will not be sent: gives back what it holds. */
    /** In an outage everything fails, and what is stuck in it piles up: that one goes with the other proves nothing. */
    private boolean tellsAboutLoad() {
        return state.gate().state() != Gate.State.SHUT;
    }

    void leave(long nowNanos) {
        state.gate().leave(ticket, nowNanos);
        state.limiter().leave(lease, nowNanos);
    }
}
