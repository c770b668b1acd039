package dev.backstay.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * May a call send now, and to whom? Asks the {@link Router}'s candidates in order, and of each: is the key good
 * ({@link AuthCache}), is it alive ({@link Gate}), is there room ({@link Limiter})?
 *
 * <p>The first that says yes is sent to. While one only has to be waited for, the next is asked; if all have to be waited
 * for, the call waits for the first. Belongs to its call.
 */
final class Admission {

    /** How often a call that waits for the first of several targets looks at the others again. */
    private static final long LOOK_AGAIN_NANOS = 1_000_000_000L;

    /** More of a limit in use than this, and a second attempt would take the place of another call. */
    private static final double RACE_USED = 0.8;

    /** A second attempt wants at least this share of the retry budget to be there. */
    private static final double RACE_BUDGET = 0.5;

    private static final Refused NOBODY =
            refused(FailureKind.NOT_FOUND, GiveUp.NOT_RETRYABLE, "no target of the route takes this call");

    /** What was found. */
    sealed interface Answer {}

    /** Send. */
    record Go(Flight flight, boolean probe) implements Answer {}

    /** Look again then. */
    record WaitFor(long untilNanos, Step.Why why) implements Answer {}

    /** Never. */
    record Refused(Failure failure, GiveUp reason) implements Answer {}

    private final Request request;
    private final Engine engine;
    private final Router router;
    private final Waker waker;
    private final RandomGenerator random;
    private @Nullable Flight waiting;

    Admission(Request request, Engine engine, Router router, Waker waker, RandomGenerator random) {
        this.request = request;
        this.engine = engine;
        this.router = router;
        this.waker = waker;
        this.random = random;
    }

    /** Asks them all. */
    Answer ask(long nowNanos) {
        List<Target> candidates = router.candidates();
        if (candidates.isEmpty()) {
            return NOBODY;
        }
        if (candidates.size() == 1) {
            return settle(ask(standAt(candidates.get(0), nowNanos), true, nowNanos), nowNanos);
        }
        List<Target> waitable = new ArrayList<>(candidates.size());
        Answer last = NOBODY;
        for (Target target : candidates) {
            Flight flight = look(target);
            last = ask(flight, false, nowNanos);
            if (last instanceof Go go) {
                return take(flight, go, nowNanos);
            }
            if (last instanceof WaitFor) {
                waitable.add(target);
            }
            if (waiting != flight) {
                flight.leave(nowNanos);
            }
        }
        return waitable.isEmpty() ? settle(last, nowNanos) : standInLine(waitable, nowNanos);
    }

    private Flight look(Target target) {
        Flight standing = waiting;
        return standing != null && standing.target().equals(target)
                ? standing
                : new Flight(target, engine.stateOf(target), request, waker);
    }

    private Go take(Flight flight, Go go, long nowNanos) {
        if (waiting != flight) {
            leave(nowNanos);
        }
        waiting = null;
        return go;
    }

    /** None can take it now: it stands in line at the first that may, and looks at the others now and then. */
    private Answer standInLine(List<Target> targets, long nowNanos) {
        Answer answer = NOBODY;
        for (Target target : standingFirst(targets)) {
            answer = settle(ask(standAt(target, nowNanos), true, nowNanos), nowNanos);
            if (answer instanceof WaitFor wait) {
                return new WaitFor(Deadline.earlier(wait.untilNanos, nowNanos + LOOK_AGAIN_NANOS), wait.why);
            }
            if (answer instanceof Go) {
                return answer;
            }
        }
        return answer;
    }

    /** Who left a line to stand in it again would wake those behind it each time. */
    private List<Target> standingFirst(List<Target> targets) {
        Flight standing = waiting;
        if (standing == null || !targets.contains(standing.target())) {
            return targets;
        }
        List<Target> order = new ArrayList<>(targets);
        order.remove(standing.target());
        order.add(0, standing.target());
        return order;
    }

    /** Whether the call would be sent now, and to a target that it has not tried. */
    boolean wouldGoToFresh(long nowNanos) {
        if (router.isAlone()) {
            return false;
        }
        for (Target target : router.candidates()) {
            TargetState state = engine.stateOf(target);
            if (state.gate().state() == Gate.State.OPEN
                    && state.auth().admits(nowNanos)
                    && state.limiter().hasRoomFor(request, nowNanos)) {
                return router.isFresh(target);
            }
        }
        return false;
    }

    private Answer settle(Answer answer, long nowNanos) {
        if (answer instanceof Go) {
            waiting = null;
        } else if (answer instanceof Refused) {
            leave(nowNanos);
        }
        return answer;
    }

    private Flight standAt(Target target, long nowNanos) {
        Flight flight = look(target);
        if (flight != waiting) {
            leave(nowNanos);
            waiting = flight;
        }
        return flight;
    }

    private Answer ask(Flight flight, boolean mayWait, long nowNanos) {
        TargetState state = flight.state();
        if (!state.auth().admits(nowNanos)) {
            return new Refused(state.auth().refusal(), GiveUp.NOT_RETRYABLE);
        }
        Gate.Admission passage = state.gate().admit(flight.ticket(), mayWait, random, nowNanos);
        if (passage != Gate.Admission.PASS && passage != Gate.Admission.PROBE) {
            state.limiter().leave(flight.lease(), nowNanos); // who cannot pass takes nobody's turn
        }
        return switch (passage) {
            case PASS -> room(flight, mayWait, nowNanos);
            case PROBE -> {
                state.limiter().force(flight.lease(), nowNanos);
                yield new Go(flight, true);
            }
            case PARK ->
                new WaitFor(
                        flight.ticket().wakeNanos(),
                        state.gate().state() == Gate.State.SHUT ? Step.Why.GATE_SHUT : Step.Why.GATE_REOPENING);
            case FULL ->
                refused(
                        FailureKind.QUEUE_FULL,
                        GiveUp.QUEUE_FULL,
                        flight.target() + " does not answer, and too many wait");
            case LATE ->
                refused(
                        FailureKind.DEADLINE_EXCEEDED,
                        GiveUp.NO_TIME_LEFT,
                        flight.target() + " does not answer, and too little time is left for an answer");
        };
    }

    private Answer room(Flight flight, boolean mayWait, long nowNanos) {
        return switch (flight.state().limiter().admit(flight.lease(), mayWait, nowNanos)) {
            case GO -> new Go(flight, false);
            case WAIT -> {
                flight.state().gate().hold(flight.ticket(), nowNanos);
                yield new WaitFor(flight.lease().wakeNanos(), Step.Why.LIMITED);
            }
            case REFUSED -> {
                flight.state().gate().leave(flight.ticket(), nowNanos);
                yield flight.state()
                        .limiter()
                        .refusal(nowNanos)
                        .map(said -> new Refused(said, GiveUp.NO_TIME_LEFT))
                        .orElseGet(() -> refused(
                                FailureKind.NO_ROOM,
                                GiveUp.NO_TIME_LEFT,
                                "the limits of " + flight.target() + " leave no room in time"));
            }
        };
    }

    private static Refused refused(FailureKind kind, GiveUp reason, String message) {
        return new Refused(Failure.of(kind, Phase.QUEUED, message), reason);
    }

    /** A second attempt at the same target, if nothing speaks against it. */
    Optional<Flight> race(Flight first, RetryBudget budget, long nowNanos) {
        TargetState state = first.state();
        boolean healthy = state.gate().state() == Gate.State.OPEN
                && state.limiter().usedNow(nowNanos) < RACE_USED
                && budget.balance(nowNanos) >= RACE_BUDGET * RetryBudget.CAPACITY;
        if (!healthy || !state.hedges().take()) {
            return Optional.empty();
        }
        Flight second = new Flight(first.target(), state, request, waker);
        if (state.gate().admit(second.ticket(), false, random, nowNanos) == Gate.Admission.PASS
                && state.limiter().admit(second.lease(), false, nowNanos) == Limiter.Admission.GO) {
            return Optional.of(second);
        }
        second.leave(nowNanos);
        return Optional.empty();
    }

    /** The call no longer waits. */
    void leave(long nowNanos) {
        if (waiting != null) {
            waiting.leave(nowNanos);
            waiting = null;
        }
    }
}
