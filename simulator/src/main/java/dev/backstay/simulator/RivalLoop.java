package dev.backstay.simulator;

import dev.backstay.core.Attempt;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.GiveUp;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Waker;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A call led by somebody else's {@link RetryRules}: what a user's code around such a library does. Everything ends at the
 * caller's deadline; whether an answer was complete is judged by the truth, even if the library would believe it.
 */
final class RivalLoop implements Policy.Caller {

    private static final Failure REFUSED_LOCALLY =
            Failure.of(FailureKind.OVERLOADED, Phase.QUEUED, "the library's own breaker is open");

    private final RetryRules rules;
    private final boolean restartsStreams;
    private final Request request;
    private final Waker waker;
    private final RandomGenerator random;
    private @Nullable Attempt current;
    private Failure last = REFUSED_LOCALLY;
    private boolean over;
    private boolean delivered;
    private int sent;
    private long notBeforeNanos;

    /**
     * @param request with the clocks of the library
     * @param restartsStreams whether what broke in the middle is tried again like what never began
     */
    RivalLoop(RetryRules rules, boolean restartsStreams, Request request, Waker waker, RandomGenerator random) {
        this.rules = rules;
        this.restartsStreams = restartsStreams;
        this.request = request;
        this.waker = waker;
        this.random = random;
    }

    @Override
    public Step on(Signal signal, long nowNanos) {
        if (over) {
            return Step.CARRY_ON;
        }
        if (signal instanceof Signal.Entered entered) {
            entered.attempt().enter(entered.phase(), nowNanos);
            return Step.CARRY_ON;
        }
        if (signal instanceof Signal.FirstEvent first) {
            first.attempt().enter(Phase.STREAMING, nowNanos);
            if (restartsStreams) {
                return Step.CARRY_ON; // whoever restarts takes whole answers only
            }
            delivered = true;
            return new Step.Deliver(first.attempt());
        }
        if (signal instanceof Signal.Ended ended) {
            return ended(ended.attempt(), ended.outcome(), nowNanos);
        }
        if (signal instanceof Signal.TimedOut late) {
            return ended(late.attempt(), new Outcome.Failed(late.attempt().timedOut(nowNanos)), nowNanos);
        }
        if (signal instanceof Signal.Cancelled) {
            return fail(Failure.of(FailureKind.CANCELLED, Phase.QUEUED, ""), GiveUp.CANCELLED);
        }
        return current == null ? wake(nowNanos) : Step.CARRY_ON;
    }

    private Step wake(long nowNanos) {
        if (request.deadline().isPast(nowNanos)) {
            rules.abandoned(nowNanos);
            return fail(Failure.of(FailureKind.DEADLINE_EXCEEDED, Phase.QUEUED, ""), GiveUp.DEADLINE);
        }
        if (notBeforeNanos > nowNanos) {
            return new Step.Wait(request.deadline().cap(notBeforeNanos), Step.Why.BACKOFF);
        }
        long held = rules.holdBack(random, waker, nowNanos);
        if (held == RetryRules.STOP) {
            return fail(last, GiveUp.ATTEMPTS_SPENT);
        }
        if (held > 0) {
            long until = held == RetryRules.UNTIL_WOKEN ? request.deadline().atNanos() : nowNanos + held;
            return new Step.Wait(request.deadline().cap(until), Step.Why.LIMITED);
        }
        sent++;
        current = new Attempt(sent, request, request.target(), false, 1, nowNanos);
        return new Step.Send(current);
    }

    private Step ended(Attempt attempt, Outcome outcome, long nowNanos) {
        attempt.end(outcome, nowNanos);
        current = null;
        if (outcome instanceof Outcome.Completed completed) {
            over = true;
            rules.succeeded(nowNanos);
            return new Step.Finish(new Result.Succeeded(completed.usage()));
        }
        Failure failure = ((Outcome.Failed) outcome).failure();
        last = failure;
        long delay = rules.afterFailure(failure, sent, random, nowNanos);
        return waitOr(delivered ? RetryRules.STOP : delay, failure, nowNanos);
    }

    private Step waitOr(long delayNanos, Failure failure, long nowNanos) {
        if (delayNanos == RetryRules.STOP) {
            return fail(failure, GiveUp.ATTEMPTS_SPENT);
        }
        notBeforeNanos = nowNanos + delayNanos;
        return new Step.Wait(request.deadline().cap(notBeforeNanos), Step.Why.BACKOFF);
    }

    private Step fail(Failure failure, GiveUp reason) {
        over = true;
        return new Step.Finish(new Result.Failed(failure, reason, delivered));
    }
}
