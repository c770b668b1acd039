package dev.backstay.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
 *   <li><b>admit</b>: is there time, and is the target alive? Yes, wait, or refuse with a reason.
 *   <li><b>send</b>: an {@link Attempt} with the clocks of its phases, never later than the deadline.
 *   <li><b>classify</b>: bytes or exceptions became an {@link Outcome} where they were understood, before they came here.
 *   <li><b>record</b>: gate and budget hear the same outcome, each reads its own column of {@link FailureKind}.
 *   <li><b>decide</b>: finish, try again after a pause, or give up with a reason.
 * </ol>
 *
 * <p>It is one explicit loop and not an onion of decorators, because these concerns need each other's verdicts and the
 * order is the product.
 *
 * <p>Belongs to one thread: the driver's. Exactly one {@link Step.Finish} ends it; later signals are ignored.
 */
public final class Call {

    /** Attempts kept for reports; probes of a long outage beyond it are counted and forgotten. */
    public static final int ATTEMPTS_KEPT = 64;

    private static final int DOUBLINGS_LIMIT = 10;

    private enum Stage {
        NEW,
        BACKING_OFF,
        PARKED,
        SENT,
        DELIVERING,
        OVER
    }

    private final Request request;
    private final RetryPolicy policy;
    private final Gate gate;
    private final RetryBudget budget;
    private final Gate.Ticket ticket;
    private final RandomGenerator random;
    private final CallListener listener;

    private final List<Attempt> attempts = new ArrayList<>(2);
    private Stage stage = Stage.NEW;
    private @Nullable Attempt current;
    private @Nullable Failure lastFailure;
    private @Nullable Result result;
    private long notBeforeNanos;
    private Step.Why waitsFor = Step.Why.BACKOFF;
    private int sent;
    private int probes;
    private final int[] failuresByKind = new int[FailureKind.values().length];

    Call(
            Request request,
            RetryPolicy policy,
            TargetState target,
            Waker waker,
            RandomGenerator random,
            CallListener listener) {
        this.request = request;
        this.policy = policy;
        this.gate = target.gate();
        this.budget = target.budget();
        this.ticket = gate.ticket(request.deadline(), waker);
        this.random = random;
        this.listener = listener;
    }

    /** Hears what happened and says what to do next. */
    public Step on(Signal signal, long nowNanos) {
        Step step = stage == Stage.OVER ? Step.CARRY_ON : react(signal, nowNanos);
        listener.heard(nowNanos, this, signal, step);
        return step;
    }

    private Step react(Signal signal, long nowNanos) {
        if (signal instanceof Signal.Entered entered) {
            return entered(entered.attempt(), entered.phase(), nowNanos);
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
            case NEW, PARKED -> admit(nowNanos);
            case BACKING_OFF ->
                notBeforeNanos - nowNanos > 0 ? new Step.Wait(notBeforeNanos, waitsFor) : admit(nowNanos);
            case SENT, DELIVERING, OVER -> Step.CARRY_ON;
        };
    }

    private Step admit(long nowNanos) {
        if (request.deadline().isPast(nowNanos)) {
            return finishQueued(FailureKind.DEADLINE_EXCEEDED, GiveUp.DEADLINE, nowNanos);
        }
        return switch (gate.admit(ticket, random, nowNanos)) {
            case PASS -> send(false, nowNanos);
            case PROBE -> send(true, nowNanos);
            case PARK -> {
                stage = Stage.PARKED;
                waitsFor = gate.state() == Gate.State.SHUT ? Step.Why.GATE_SHUT : Step.Why.GATE_REOPENING;
                yield new Step.Wait(ticket.wakeNanos(), waitsFor);
            }
            case FULL -> finishQueued(FailureKind.QUEUE_FULL, GiveUp.QUEUE_FULL, nowNanos);
        };
    }

    private Step send(boolean probe, long nowNanos) {
        sent++;
        probes += probe ? 1 : 0;
        Attempt attempt = new Attempt(sent, request, request.target(), probe, patience(), nowNanos);
        if (attempts.size() == ATTEMPTS_KEPT) {
            attempts.remove(ATTEMPTS_KEPT - 1);
        }
        attempts.add(attempt);
        current = attempt;
        stage = Stage.SENT;
        return new Step.Send(attempt);
    }

    /** A first token that did not come in time is given twice the time, so that a slow answer is not killed for ever. */
    private int patience() {
        return 1 << Math.min(DOUBLINGS_LIMIT, failuresByKind[FailureKind.FIRST_TOKEN_TIMEOUT.ordinal()]);
    }

    private Step entered(Attempt attempt, Phase phase, long nowNanos) {
        if (attempt == current) {
            attempt.enter(phase, nowNanos);
        }
        return Step.CARRY_ON;
    }

    private Step firstEvent(Attempt attempt, long nowNanos) {
        if (attempt != current || stage != Stage.SENT) {
            return Step.CARRY_ON;
        }
        attempt.headArrived();
        attempt.enter(Phase.STREAMING, nowNanos);
        gate.firstEvent(ticket, nowNanos);
        stage = Stage.DELIVERING;
        return new Step.Deliver(attempt);
    }

    private Step ended(Attempt attempt, Outcome outcome, long nowNanos) {
        if (attempt != current) {
            return Step.CARRY_ON;
        }
        record(attempt, outcome, nowNanos);
        current = null;
        if (outcome instanceof Outcome.Failed failed) {
            lastFailure = failed.failure();
            return decide(attempt, failed.failure(), nowNanos);
        }
        return finish(new Result.Succeeded(((Outcome.Completed) outcome).usage()), nowNanos);
    }

    /** Everyone hears the same outcome and reads its own column. */
    private void record(Attempt attempt, Outcome outcome, long nowNanos) {
        attempt.end(outcome, nowNanos);
        if (outcome instanceof Outcome.Failed failed) {
            failuresByKind[failed.failure().kind().ordinal()]++;
            gate.ended(ticket, failed.failure().kind().gateNews(), random, nowNanos);
        } else {
            budget.deposit(nowNanos);
            gate.ended(ticket, FailureKind.GateNews.ALIVE, random, nowNanos);
        }
    }

    private Step decide(Attempt attempt, Failure failure, long nowNanos) {
        boolean parks = gate.state() != Gate.State.OPEN;
        RetryPolicy.Setback setback = new RetryPolicy.Setback(
                failure,
                sent - probes,
                failuresByKind[failure.kind().ordinal()],
                stage == Stage.DELIVERING,
                parks ? 0 : failure.kind().costUnits(failure.phase(), attempt.elapsedNanos(nowNanos)));
        RetryPolicy.Verdict verdict = policy.decide(setback, request.deadline(), budget, random, nowNanos);
        if (verdict instanceof RetryPolicy.Again again) {
            stage = Stage.BACKING_OFF;
            notBeforeNanos = nowNanos + again.delayNanos();
            waitsFor = failure.hint().isPresent() ? Step.Why.SERVER_HINT : Step.Why.BACKOFF;
            return new Step.Wait(notBeforeNanos, waitsFor);
        }
        boolean delivered = stage == Stage.DELIVERING;
        GiveUp reason =
                failure.kind() == FailureKind.DEADLINE_EXCEEDED ? GiveUp.DEADLINE : ((RetryPolicy.No) verdict).reason();
        return finish(new Result.Failed(failure, reason, delivered), nowNanos);
    }

    private Step cancel(long nowNanos) {
        Phase phase = current == null ? Phase.QUEUED : current.phase();
        Failure failure = Failure.of(FailureKind.CANCELLED, phase, "the caller left");
        boolean delivered = stage == Stage.DELIVERING;
        Attempt running = current;
        if (running != null) {
            failure = failure.withAcknowledged(running.acknowledged());
            record(running, new Outcome.Failed(failure), nowNanos);
            current = null;
        }
        return finish(new Result.Failed(failure, GiveUp.CANCELLED, delivered), nowNanos);
    }

    /** Ended while waiting: what went wrong last says more than that the wait was too long. */
    private Step finishQueued(FailureKind kind, GiveUp reason, long nowNanos) {
        Failure failure = lastFailure != null
                ? lastFailure
                : Failure.of(kind, Phase.QUEUED, "waited for " + request.target() + ", which does not answer");
        return finish(new Result.Failed(failure, reason, false), nowNanos);
    }

    private Step finish(Result how, long nowNanos) {
        gate.leave(ticket, nowNanos);
        stage = Stage.OVER;
        result = how;
        return new Step.Finish(how);
    }

    /** What was asked for. */
    public Request request() {
        return request;
    }

    /** Its attempts so far, the first {@value #ATTEMPTS_KEPT} of them. */
    public List<Attempt> attempts() {
        return Collections.unmodifiableList(attempts);
    }

    /** How many attempts were sent, probes included. */
    public int attemptsSent() {
        return sent;
    }

    /** How it ended; empty while it runs. */
    public Optional<Result> result() {
        return Optional.ofNullable(result);
    }
}
