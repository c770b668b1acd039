package dev.backstay.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One logical request, led from its arrival to its one end.
 *
 * <p>A state machine without I/O: {@link #on} takes a signal and the time and returns the next step. It never blocks,
 * sleeps, throws to say no, or reads a clock. Every call, in every driver, passes the same five verbs:
 *
 * <ol>
 *   <li><b>admit</b>: is there time, is the key good, is a target alive, is there room? Yes, wait, or refuse with a reason.
 *   <li><b>send</b>: an {@link Attempt} with the clocks of its phases, never later than the deadline.
 *   <li><b>classify</b>: bytes or exceptions became an {@link Outcome} where they were understood, before they came here.
 *   <li><b>record</b>: gate, limiter, budget and the rest hear the same outcome, each reads its own column of
 *       {@link FailureKind}.
 *   <li><b>decide</b>: finish, try again after a pause, go on where a stream broke, or give up with a reason.
 * </ol>
 *
 * <p>It is one explicit loop and not an onion of decorators, because these concerns need each other's verdicts and the
 * order is the product.
 *
 * <p>Belongs to one thread: the driver's. Exactly one {@link Step.Finish} ends it; later signals are ignored.
 */
public final class Call {

    private static final int DOUBLINGS_LIMIT = 10;

    private enum Stage {
        NEW,
        BACKING_OFF,
        WAITING,
        SENT,
        DELIVERING,
        OVER
    }

    private final Request request;
    private final RetryPolicy policy;
    private final RetryBudget budget;
    private final Router router;
    private final Admission admission;
    private final RandomGenerator random;
    private final CallListener listener;

    private final Diary diary = new Diary();
    private final List<Flight> flying = new ArrayList<>(1);
    private final Tries tries = new Tries();
    private Stage stage = Stage.NEW;
    private boolean delivered;
    private @Nullable Failure lastFailure;
    private @Nullable Failure broke;
    private @Nullable Result result;
    private Usage usage = Usage.NONE;
    private long notBeforeNanos;
    private long raceNanos;
    private boolean mayRace;
    private Step.Why waitsFor = Step.Why.BACKOFF;
    private int seams;

    Call(Request request, Engine engine, Waker waker, RandomGenerator random) {
        this.request = request;
        this.policy = engine.policy();
        this.listener = engine.listener();
        this.random = random;
        this.budget = engine.stateOf(request.route().first()).budget();
        this.router = new Router(request.route(), random);
        this.admission = new Admission(request, engine, router, waker, random);
    }

    /** Hears what happened and says what to do next. */
    public Step on(Signal signal, long nowNanos) {
        diary.turnPage(nowNanos);
        Step step = stage == Stage.OVER ? Step.CARRY_ON : react(signal, nowNanos);
        diary.told(step, nowNanos);
        listener.heard(nowNanos, this, signal, step);
        return step;
    }

    private Step react(Signal signal, long nowNanos) {
        if (signal instanceof Signal.Entered entered) {
            return entered(entered.attempt(), entered.phase(), nowNanos);
        }
        if (signal instanceof Signal.Headed headed) {
            return headed(headed.attempt(), headed.said(), nowNanos);
        }
        if (signal instanceof Signal.Tried tried) {
            return tried(tried.attempt(), tried.what());
        }
        if (signal instanceof Signal.FirstEvent first) {
            return firstEvent(first.attempt(), nowNanos);
        }
        if (signal instanceof Signal.Ended ended) {
            return ended(ended.attempt(), ended.outcome(), nowNanos);
        }
        if (signal instanceof Signal.TimedOut late) {
            return ended(late.attempt(), new Outcome.Failed(late.attempt().timedOut(nowNanos)), nowNanos);
        }
        if (signal instanceof Signal.Cancelled) {
            return cancel(nowNanos);
        }
        return started(nowNanos);
    }

    /** STARTED and WOKE: look whether it may go now. */
    private Step started(long nowNanos) {
        return switch (stage) {
            case NEW, WAITING -> admit(nowNanos);
            case BACKING_OFF ->
                notBeforeNanos - nowNanos > 0 ? new Step.Wait(notBeforeNanos, waitsFor) : admit(nowNanos);
            case SENT -> race(nowNanos);
            case DELIVERING, OVER -> Step.CARRY_ON;
        };
    }

    private Step admit(long nowNanos) {
        if (request.deadline().isPast(nowNanos)) {
            return finishQueued(FailureKind.DEADLINE_EXCEEDED, GiveUp.DEADLINE, nowNanos);
        }
        Admission.Answer answer = admission.ask(nowNanos);
        if (answer instanceof Admission.Go go) {
            return send(go.flight(), go.probe(), nowNanos);
        }
        if (answer instanceof Admission.WaitFor wait) {
            stage = Stage.WAITING;
            waitsFor = wait.why();
            return new Step.Wait(wait.untilNanos(), waitsFor);
        }
        Admission.Refused refused = (Admission.Refused) answer;
        return finish(
                new Result.Failed(lastFailure != null ? lastWord() : refused.failure(), refused.reason(), delivered),
                nowNanos);
    }

    private Step send(Flight flight, boolean probe, long nowNanos) {
        Attempt attempt = flight.begin(tries, probe, patience(), seams, nowNanos);
        diary.sent(attempt);
        flying.add(flight);
        stage = Stage.SENT;
        return new Step.Send(attempt);
    }

    /** A first token that did not come in time is given twice the time, so that a slow answer is not killed for ever. */
    private int patience() {
        return 1 << Math.min(DOUBLINGS_LIMIT, tries.of(FailureKind.FIRST_TOKEN_TIMEOUT));
    }

    private Step entered(Attempt attempt, Phase phase, long nowNanos) {
        Flight flight = flightOf(attempt);
        if (flight == null) {
            return Step.CARRY_ON;
        }
        attempt.enter(phase, nowNanos);
        if (phase == Phase.AWAITING && request.hedged() && !delivered && flying.size() == 1 && !tries.raced()) {
            long delay = flight.state()
                    .hedges()
                    .delayNanos(
                            flight.state().pace(),
                            request.workload(),
                            request.size().promptTokens());
            if (delay != Long.MAX_VALUE) {
                raceNanos = nowNanos + delay;
                mayRace = true;
                return new Step.Wait(request.deadline().cap(raceNanos), Step.Why.HEDGE);
            }
        }
        return Step.CARRY_ON;
    }

    private Step headed(Attempt attempt, ServerSaid said, long nowNanos) {
        Flight flight = flightOf(attempt);
        if (flight != null) {
            attempt.headArrived(said);
            flight.state().limiter().heard(said, nowNanos);
        }
        return Step.CARRY_ON;
    }

    private Step tried(Attempt attempt, AddressTry what) {
        if (flightOf(attempt) != null) {
            attempt.tried(what);
        }
        return Step.CARRY_ON;
    }

    /** The first token is late: a second attempt may race, if that is allowed, healthy and paid for. */
    private Step race(long nowNanos) {
        if (!mayRace
                || nowNanos - raceNanos < 0
                || flying.size() != 1
                || flying.get(0).attempt().phase() != Phase.AWAITING) {
            return Step.CARRY_ON;
        }
        mayRace = false;
        return admission
                .race(flying.get(0), budget, nowNanos)
                .map(flight -> {
                    tries.race();
                    return send(flight, false, nowNanos);
                })
                .orElse(Step.CARRY_ON);
    }

    private Step firstEvent(Attempt attempt, long nowNanos) {
        Flight flight = flightOf(attempt);
        if (flight == null || stage != Stage.SENT || attempt.phase() == Phase.STREAMING) {
            return Step.CARRY_ON;
        }
        flight.firstEvent(nowNanos);
        boolean raced = flying.size() > 1;
        if (raced) {
            flying.stream()
                    .filter(other -> other != flight)
                    .toList()
                    .forEach(other -> drop(other, "another attempt of the same call was faster", nowNanos));
        }
        if (request.stream().deliversEarly()) {
            stage = Stage.DELIVERING;
            delivered = true;
            return new Step.Deliver(attempt);
        }
        return raced ? new Step.Keep(attempt) : Step.CARRY_ON;
    }

    private Step ended(Attempt attempt, Outcome outcome, long nowNanos) {
        Flight flight = flightOf(attempt);
        if (flight == null) {
            return Step.CARRY_ON;
        }
        record(flight, outcome, nowNanos);
        if (outcome instanceof Outcome.Completed) {
            return finish(new Result.Succeeded(usage), nowNanos);
        }
        Failure failure = ((Outcome.Failed) outcome).failure();
        lastFailure = failure.after(lastFailure);
        if (delivered) {
            broke = broke == null ? failure : broke;
            seams += attempt.phase() == Phase.STREAMING ? 1 : 0;
            router.onlyLike(attempt.target());
        }
        router.failed(attempt.target(), failure.kind());
        return flying.isEmpty() ? decide(flight, failure, nowNanos) : Step.CARRY_ON;
    }

    /** Everyone hears the same outcome and reads its own column. */
    private void record(Flight flight, Outcome outcome, long nowNanos) {
        flying.remove(flight);
        usage = usage.plus(outcome.usage());
        if (outcome instanceof Outcome.Failed failed) {
            tries.failed(failed.failure(), flight.attempt().elapsedNanos(nowNanos));
        } else {
            budget.deposit(nowNanos);
        }
        over(flight, outcome, nowNanos);
    }

    private void over(Flight flight, Outcome outcome, long nowNanos) {
        flight.end(outcome, random, nowNanos);
        diary.ended(flight.attempt());
    }

    private Step decide(Flight flight, Failure failure, long nowNanos) {
        if (router.isOut(flight.target()) && !delivered && router.hasOthers()) {
            return admit(nowNanos); // this one never will; another may
        }
        boolean fresh = admission.wouldGoToFresh(nowNanos);
        boolean parks = flight.state().gate().state() != Gate.State.OPEN;
        boolean stuck = delivered && !request.stream().mayContinue(flight.target(), seams);
        int cost = failure.kind().costUnits(failure.phase(), flight.attempt().elapsedNanos(nowNanos));
        Failure felt =
                fresh ? failure.withServerWish(Optional.empty(), failure.again()) : failure; // its pause is its own
        RetryPolicy.Setback setback = new RetryPolicy.Setback(
                felt,
                tries.burned(),
                tries.refused(),
                tries.of(failure.kind()),
                stuck,
                parks || fresh ? Math.min(cost, 1) : cost,
                parks);
        RetryPolicy.Verdict verdict = policy.decide(setback, request.deadline(), budget, random, nowNanos);
        if (verdict instanceof RetryPolicy.Again again) {
            stage = Stage.BACKING_OFF;
            notBeforeNanos = nowNanos + (fresh ? 0 : again.delayNanos());
            waitsFor = felt.hint().isPresent() ? Step.Why.SERVER_HINT : Step.Why.BACKOFF;
            return new Step.Wait(notBeforeNanos, waitsFor);
        }
        if (failure.kind().isAnswered()) {
            return finish(new Result.Succeeded(usage), nowNanos);
        }
        GiveUp reason =
                failure.kind() == FailureKind.DEADLINE_EXCEEDED ? GiveUp.DEADLINE : ((RetryPolicy.No) verdict).reason();
        return finish(new Result.Failed(lastWord(), reason, delivered), nowNanos);
    }

    private Step cancel(long nowNanos) {
        Phase phase = flying.isEmpty() ? Phase.QUEUED : flying.get(0).attempt().phase();
        Failure failure = Failure.of(FailureKind.CANCELLED, phase, "the caller left");
        if (!flying.isEmpty()) {
            failure = failure.withAcknowledged(flying.get(0).attempt().acknowledged());
        }
        return finish(new Result.Failed(failure, GiveUp.CANCELLED, delivered), nowNanos);
    }

    /** Ended while waiting: what went wrong last says more than that the wait was too long. */
    private Step finishQueued(FailureKind kind, GiveUp reason, long nowNanos) {
        Failure failure = lastFailure != null
                ? lastWord()
                : Failure.of(kind, Phase.QUEUED, "waited for " + request.target() + ", " + waitsFor.words());
        return finish(new Result.Failed(failure, reason, delivered), nowNanos);
    }

    /** What broke an answer in the middle is what the caller has to know, not what came after. */
    private Failure lastWord() {
        Failure first = broke;
        return first != null ? first : Objects.requireNonNull(lastFailure);
    }

    private Step finish(Result how, long nowNanos) {
        while (!flying.isEmpty()) {
            drop(flying.get(0), "the call ended", nowNanos);
        }
        admission.leave(nowNanos);
        stage = Stage.OVER;
        result = how;
        return new Step.Finish(how);
    }

    /** An attempt that nobody needs any more. */
    private void drop(Flight flight, String why, long nowNanos) {
        Attempt attempt = flight.attempt();
        Failure failure =
                Failure.of(FailureKind.CANCELLED, attempt.phase(), why).withAcknowledged(attempt.acknowledged());
        flying.remove(flight);
        over(flight, new Outcome.Failed(failure), nowNanos);
    }

    private @Nullable Flight flightOf(Attempt attempt) {
        for (Flight flight : flying) {
            if (flight.carries(attempt)) {
                return flight;
            }
        }
        return null;
    }

    /** What was asked for. */
    public Request request() {
        return request;
    }

    /** Its attempts so far, as its {@link #diary} has them. */
    public List<Attempt> attempts() {
        return diary.attempts();
    }

    /** What it did so far. */
    public Diary diary() {
        return diary;
    }

    /** How many attempts were sent, probes and hedges included. */
    public int attemptsSent() {
        return tries.all();
    }

    /** How it ended; empty while it runs. */
    public Optional<Result> result() {
        return Optional.ofNullable(result);
    }
}
