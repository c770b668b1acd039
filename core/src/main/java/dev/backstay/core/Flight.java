package dev.backstay.core;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One attempt of a call with its places at the gate and at the limiter, from asking for them to giving them back. */
final class Flight {

    private final Target target;
    private final Request request;
    private final TargetState state;
    private final Gate.Ticket ticket;
    private final Lease lease;
    private @Nullable Attempt attempt;
    private int inFlight;

    Flight(Target target, TargetState state, Request request, Waker waker) {
        this.target = target;
        this.request = request;
        this.state = state;
        this.ticket = state.gate()
                .ticket(request.deadline(), request.timeouts().total().toNanos(), waker);
        this.lease = state.limiter().lease(request, waker);
    }

    /** Who is asked; one of too many to remember shares its state with others. */
    Target target() {
        return target;
    }

    TargetState state() {
        return state;
    }

    Gate.Ticket ticket() {
        return ticket;
    }

    Lease lease() {
        return lease;
    }

    /** The attempt is sent now. */
    Attempt begin(Tries tries, boolean probe, int patience, int seam, long nowNanos) {
        Attempt next = new Attempt(tries.sent(probe), request, target, probe, patience, seam, tries, state, nowNanos);
        attempt = next;
        inFlight = state.limiter().inFlight();
        state.hedges().sent();
        state.auth().sent(nowNanos);
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
    void firstEvent(long nowNanos) {
        Attempt current = attempt();
        if (request.streamed()) {
            state.pace()
                    .firstEvent(
                            request.workload(), request.size().promptTokens(), current.awaitingSinceNanos(), nowNanos);
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
        boolean streamed = request.streamed() && current.phase() == Phase.STREAMING;
        FailureKind.GateNews news = news(current, outcome, nowNanos);
        current.end(outcome, nowNanos);
        if (outcome instanceof Outcome.Completed) {
            if (streamed) {
                state.pace().gap(current.longestPauseNanos());
            } else if (!request.streamed()) {
                long took = nowNanos - current.awaitingSinceNanos();
                state.pace().whole(request.workload(), request.size().promptTokens(), took);
            }
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
    void leave(long nowNanos) {
        state.gate().leave(ticket, nowNanos);
        state.limiter().leave(lease, nowNanos);
    }

    /** A deadline that comes in a long silence says of the target what the phase's clock would have said a little later. */
    private static FailureKind.GateNews news(Attempt current, Outcome outcome, long nowNanos) {
        if (!(outcome instanceof Outcome.Failed failed)) {
            return FailureKind.GateNews.ALIVE;
        }
        FailureKind kind = failed.failure().kind();
        boolean silent = kind == FailureKind.DEADLINE_EXCEEDED && current.isSilent(nowNanos);
        return (silent ? current.phase().whenTimedOut() : kind).gateNews();
    }

    /** In an outage everything fails, and what is stuck in it piles up: that one goes with the other proves nothing. */
    private boolean tellsAboutLoad() {
        return state.gate().state() != Gate.State.SHUT;
    }
}
