package dev.backstay.gateway;

import dev.backstay.client.Problem;
import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.GiveUp;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Size;
import dev.backstay.core.Step;
import dev.backstay.core.StreamPolicy;
import dev.backstay.wire.Answer;
import dev.backstay.wire.Classifier;
import dev.backstay.wire.Headers;
import dev.backstay.wire.LimitHeaders;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpResponse;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One call through the gateway: the event-loop driver. Carries out the steps of its {@link Call} on the loop of the caller's
 * connection, and holds the caller's request until the end.
 */
final class Exchange {

    /** The largest answer that is held until it is whole, in bytes. */
    static final int WHOLE_LIMIT = 16 * 1024 * 1024;

    /** How long a last word may take after the answer is finished. */
    private static final long TAIL_NANOS = 1_000_000_000L;

    private static final Optional<Boolean> GOES_ON = Optional.of(false);

    private final Gateway gateway;
    private final EventLoop loop;
    private final Inbound inbound;
    private final CallerWriter writer;
    private final Delivery delivery;
    private final Runnable whenOver;
    private final Call call;
    private final Timers timers;
    private final ByteBufAllocator memory;
    private final long startNanos;

    private @Nullable UpstreamAttempt running;
    private @Nullable Arrival arrival;
    private boolean distrustPool;
    private boolean told;
    private boolean passing;
    private boolean paused;
    private boolean over;

    Exchange(Gateway gateway, ChannelHandlerContext caller, Inbound inbound, CallerWriter writer, Runnable whenOver) {
        this.gateway = gateway;
        this.loop = caller.channel().eventLoop();
        this.inbound = inbound;
        this.writer = writer;
        this.memory = caller.alloc();
        this.delivery = new Delivery(inbound, writer, memory);
        this.whenOver = whenOver;
        this.timers = new Timers(loop, gateway.ticker());
        this.startNanos = now();
        Request request = Request.arriving(
                        writer.callId(),
                        inbound.way().route().first(),
                        inbound.workload().workload(),
                        inbound.timeouts(),
                        inbound.peek().streamed(),
                        startNanos)
                .with(inbound.way().route())
                .doing(inbound.endpoint().operation())
                .with(inbound.priority())
                .with(inbound.stream())
                .with(new Size(inbound.peek().promptTokens(), inbound.peek().outputLimit()));
        this.call = gateway.engine().newCall(request, () -> loop.execute(() -> tell(Signal.WOKE)), gateway.random());
    }

    void start() {
        delivery.comfortEvery().ifPresent(every -> timers.each(every, () -> delivery.comfort(call.attemptsSent())));
        tell(Signal.STARTED);
    }

    /** The caller left. */
    void cancel() {
        tell(Signal.CANCELLED);
    }

    Inbound inbound() {
        return inbound;
    }

    Call call() {
        return call;
    }

    CallerWriter writer() {
        return writer;
    }

    /** How long ago it began. */
    long tookNanos() {
        return now() - startNanos;
    }

    /** The caller takes bytes again, or takes no more for now. */
    void callerWritable(boolean writable) {
        UpstreamAttempt attempt = running;
        if (over || attempt == null || !passing || paused == !writable) {
            return;
        }
        paused = !writable;
        attempt.pauseReading(paused);
        if (paused) {
            attempt.attempt().pause(now());
        } else {
            attempt.attempt().resume(now());
            guard();
        }
    }

    private long now() {
        return gateway.ticker().nanos();
    }

    void tell(Signal signal) {
        if (!over) {
            perform(call.on(signal, now()));
        }
    }

    private void perform(Step step) {
        if (step instanceof Step.Send send) {
            send(send.attempt());
        } else if (step instanceof Step.Wait wait) {
            timers.wake(wait.untilNanos(), () -> tell(Signal.WOKE));
        } else if (step instanceof Step.Deliver) {
            deliver();
        } else if (step instanceof Step.Finish finish) {
            finish(finish.result());
        }
    }

    private void send(Attempt attempt) {
        timers.noWake();
        dropArrival();
        Routes.Destination destination = inbound.way().to(attempt.target());
        UpstreamAttempt next = new UpstreamAttempt(
                this,
                attempt,
                destination.upstream().pool(loop),
                Outgoing.of(inbound, destination, delivery, writer.callId(), memory),
                distrustPool);
        running = next;
        paused = false;
        guard();
        next.begin();
    }

    // What the attempt tells.

    void entered(Attempt attempt, Phase phase) {
        tell(new Signal.Entered(attempt, phase));
        guard();
    }

    long elapsedNanos(Attempt attempt) {
        return attempt.elapsedNanos(now());
    }

    void progress(Attempt attempt) {
        attempt.progress(now());
    }

    void head(Attempt attempt, HttpResponse head) {
        if (attempt.phase() == Phase.SENDING) {
            entered(attempt, Phase.AWAITING); // it answers before it has read everything
        }
        Headers headers = name -> Optional.ofNullable(head.headers().get(name));
        tell(new Signal.Headed(attempt, LimitHeaders.parse(headers)));
        Classifier classifier = inbound.way().to(attempt.target()).upstream().classifier();
        arrival = Arrival.begin(head, headers, inbound.endpoint(), delivery.collects(), classifier);
    }

    void content(ByteBuf bytes) {
        Arrival from = arrival;
        if (from != null && !over) {
            long before = from.answer().progress();
            from.read(bytes, passing ? delivery : null);
            look(from, before);
        }
    }

    /** The body ended as HTTP says. */
    void end() {
        Arrival from = arrival;
        if (from != null && !over) {
            long before = from.answer().progress();
            from.end();
            look(from, before);
        }
    }

    void flush() {
        writer.flush();
    }

    void failed(Failure failure) {
        distrustPool |= failure.kind() == FailureKind.STALE_CONNECTION;
        end(new Outcome.Failed(failure), false);
    }

    // What it means.

    private void look(Arrival from, long progressBefore) {
        UpstreamAttempt attempt = running;
        if (attempt == null) {
            return;
        }
        Answer answer = from.answer();
        if (answer.started() && !told && !(answer.outcome().orElse(null) instanceof Outcome.Failed)) {
            started(from, attempt.attempt());
        } else if (told && answer.progress() != progressBefore) {
            attempt.attempt().progress(now());
        }
        if (passing) {
            from.release(delivery);
        }
        if (answer.outcome().isPresent()) {
            Outcome outcome = answer.outcome().get();
            end(outcome, outcome instanceof Outcome.Completed || !answer.started());
        } else if (answer.finished()) {
            timers.tail(TAIL_NANOS, () -> silentEnd(from));
        } else if (from.held() > WHOLE_LIMIT) {
            failed(repeatable("the answer is larger than " + (WHOLE_LIMIT >> 20)
                    + " MiB; ask for it with Backstay-Stream: live"));
        }
    }

    /** There is something of the answer; if it should go on where another broke, it must not begin anew. */
    private void started(Arrival from, Attempt attempt) {
        Optional<Boolean> anew = attempt.seam() == 0 ? GOES_ON : delivery.beginsAnew(from);
        if (anew.isPresent() && anew.get()) {
            failed(repeatable("asked to go on where the answer broke, the model began anew"));
        } else if (anew.isPresent() || from.answer().outcome().isPresent()) {
            told = true;
            tell(new Signal.FirstEvent(attempt));
        }
    }

    /** All of the answer is here, only the last word does not come: nobody has to wait for that. */
    private void silentEnd(Arrival from) {
        if (arrival == from && running != null) {
            from.answer().end();
            from.answer().outcome().ifPresent(outcome -> end(outcome, false));
            writer.flush();
        }
    }

    /** A failure of the answer at hand that trying again would repeat. */
    private Failure repeatable(String message) {
        UpstreamAttempt attempt = running;
        Phase phase = attempt == null ? Phase.STREAMING : attempt.attempt().phase();
        return Failure.of(FailureKind.MALFORMED_ANSWER, phase, message)
                .withServerWish(Optional.empty(), Optional.of(false));
    }

    private void end(Outcome outcome, boolean answerWhole) {
        UpstreamAttempt attempt = running;
        if (attempt == null) {
            return;
        }
        try {
            closeAttempt(answerWhole);
        } finally {
            Outcome how =
                    outcome instanceof Outcome.Failed failed ? new Outcome.Failed(broken(failed.failure())) : outcome;
            tell(new Signal.Ended(attempt.attempt(), how));
        }
    }

    /** What broke in the middle goes on only if the rest can be asked for. */
    private Failure broken(Failure failure) {
        Arrival from = arrival;
        return passing && from != null && inbound.stream() == StreamPolicy.RESUME && !delivery.broke(from)
                ? failure.withServerWish(failure.hint(), Optional.of(false))
                : failure;
    }

    private void deliver() {
        Arrival from = arrival;
        if (from == null) {
            return;
        }
        passing = true;
        boolean whole = from.answer().outcome().orElse(null) instanceof Outcome.Completed
                && from.answer().gaps().isEmpty();
        delivery.begin(
                from,
                call.attemptsSent(),
                whole && inbound.stream() != StreamPolicy.RESUME
                        ? from.answer().releasable()
                        : CallerWriter.UNKNOWN_LENGTH);
        callerWritable(writer.isWritable());
        guard();
    }

    // How it ends.

    private void finish(Result result) {
        over = true;
        timers.stop();
        try {
            closeAttempt(false);
            Arrival from = arrival;
            if (result instanceof Result.Failed failed) {
                fail(failed);
            } else if (from != null) {
                if (!passing) {
                    deliver(); // what was held until it is whole
                    from.release(delivery);
                }
                delivery.end(from);
            }
        } finally {
            dropArrival();
            inbound.body().release();
            whenOver.run();
        }
    }

    private void fail(Result.Failed failed) {
        Problem problem = Problem.of(failed, call.attemptsSent());
        if (failed.reason() == GiveUp.CANCELLED) {
            writer.giveUp(problem);
            return;
        }
        Arrival from = arrival;
        if (delivery.begun()) {
            delivery.breakOff(problem);
        } else if (from != null
                && from.ended()
                && failed.reason() == GiveUp.NOT_RETRYABLE
                && from.head().status().code() == failed.failure().status()) {
            writer.forwardRefusal(from.head(), from.takeAll(), call.attemptsSent()); // the provider's own word
        } else {
            writer.problem(problem, failed.failure().hint());
        }
    }

    private void closeAttempt(boolean answerWhole) {
        timers.noClock();
        UpstreamAttempt attempt = running;
        if (attempt != null) {
            running = null;
            attempt.close(answerWhole);
        }
    }

    private void dropArrival() {
        told = false;
        passing = false;
        if (arrival != null) {
            arrival.drop();
            arrival = null;
        }
    }

    /** Watches the clock of the attempt's phase. Progress moves that on, so when the timer fires it looks again. */
    private void guard() {
        UpstreamAttempt attempt = running;
        if (attempt != null && !over) {
            timers.clock(attempt.attempt().clockNanos(), () -> clockFired(attempt));
        }
    }

    private void clockFired(UpstreamAttempt attempt) {
        if (running != attempt) {
            return;
        }
        if (attempt.attempt().clockNanos() - now() > 0) {
            guard();
        } else if (arrival != null && arrival.answer().finished()) {
            silentEnd(arrival);
        } else {
            end(new Outcome.Failed(attempt.attempt().timedOut(now())), false);
            writer.flush();
        }
    }
}
