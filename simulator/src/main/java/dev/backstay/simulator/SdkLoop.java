package dev.backstay.simulator;

import dev.backstay.core.Acknowledged;
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
import dev.backstay.core.Timeouts;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What the official OpenAI SDK for Python does by default: two retries of 408, 409, 429, 5xx and connection errors, after
 * 0.5 s doubling to 8 s less up to a quarter, or after the server's hint if that is at most 120 s; 600 s of patience with
 * each read, 5 s to connect. A stream is retried until its head has come. (openai-python {@code _base_client.py},
 * {@code _constants.py}.)
 *
 * <p>A body that is not JSON, or only half of it, is an error there but no reason to try again.
 *
 * <p>It believes every stream that ends without an error. Whether the answer was complete is judged by the truth.
 */
public final class SdkLoop implements Policy.Caller {

    private static final int RETRIES = 2;
    private static final double FIRST_SECONDS = 0.5;
    private static final double LAST_SECONDS = 8;
    private static final double JITTER = 0.25;
    private static final Duration LONGEST_HINT = Duration.ofSeconds(120);
    private static final Duration READ = Duration.ofSeconds(600);
    private static final Duration CONNECT = Duration.ofSeconds(5);

    private final Request request;
    private final RandomGenerator random;
    private @Nullable Attempt current;
    private int sent;
    private boolean delivered;
    private boolean over;
    private long notBeforeNanos;

    public SdkLoop(Request asked, RandomGenerator random) {
        Timeouts clocks =
                new Timeouts(CONNECT, READ, READ, READ, READ, asked.timeouts().total());
        this.request =
                new Request(asked.id(), asked.target(), asked.workload(), clocks, asked.streamed(), asked.deadline());
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
            return fail(Failure.of(FailureKind.DEADLINE_EXCEEDED, Phase.QUEUED, ""), GiveUp.DEADLINE);
        }
        if (notBeforeNanos > nowNanos) {
            return new Step.Wait(request.deadline().cap(notBeforeNanos), Step.Why.BACKOFF);
        }
        sent++;
        current = new Attempt(sent, request, false, 1, nowNanos);
        return new Step.Send(current);
    }

    private Step ended(Attempt attempt, Outcome outcome, long nowNanos) {
        attempt.end(outcome, nowNanos);
        current = null;
        if (outcome instanceof Outcome.Completed completed) {
            over = true;
            return new Step.Finish(new Result.Succeeded(completed.usage()));
        }
        Failure failure = ((Outcome.Failed) outcome).failure();
        if (sent > RETRIES) {
            return fail(failure, GiveUp.ATTEMPTS_SPENT);
        }
        boolean headCame = failure.status() == Failure.NO_STATUS && attempt.acknowledged() == Acknowledged.YES;
        if (delivered || request.streamed() && headCame || !isRetried(failure)) {
            return fail(failure, GiveUp.NOT_RETRYABLE);
        }
        notBeforeNanos = nowNanos + delayNanos(failure);
        return new Step.Wait(request.deadline().cap(notBeforeNanos), Step.Why.BACKOFF);
    }

    private static boolean isRetried(Failure failure) {
        int status = failure.status();
        if (status != Failure.NO_STATUS) {
            return status == 408 || status == 409 || status == 429 || status >= 500;
        }
        return failure.kind() != FailureKind.MALFORMED_ANSWER
                && failure.kind() != FailureKind.STREAM_TRUNCATED
                && failure.kind() != FailureKind.STREAM_ERROR
                && failure.kind() != FailureKind.DEADLINE_EXCEEDED;
    }

    private long delayNanos(Failure failure) {
        if (failure.hint().isPresent() && failure.hint().get().compareTo(LONGEST_HINT) <= 0) {
            return failure.hint().get().toNanos();
        }
        double seconds = Math.min(LAST_SECONDS, FIRST_SECONDS * Math.pow(2, sent - 1));
        return (long) (seconds * (1 - JITTER * random.nextDouble()) * 1e9);
    }

    private Step fail(Failure failure, GiveUp reason) {
        over = true;
        return new Step.Finish(new Result.Failed(failure, reason, delivered));
    }
}
