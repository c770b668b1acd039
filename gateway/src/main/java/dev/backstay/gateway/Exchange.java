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
import dev.backstay.wire.AttemptReader;
import dev.backstay.wire.Endpoint;
import dev.backstay.wire.Reading;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One call through the gateway: the event-loop driver. Carries out the steps of its {@link Call} on the loop of the caller's
 * connection, and holds the caller's request until the end.
 */
final class Exchange {

    /** The largest answer that is held until it is whole, in bytes. */
    static final int WHOLE_LIMIT = 32 * 1024 * 1024;

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
    private HttpHeaders lastHeaders = EmptyHttpHeaders.INSTANCE;
    private boolean distrustPool;
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
                .doing(inbound.endpoint().map(Endpoint::operation).orElse(""))
                .with(inbound.priority())
                .with(inbound.stream())
                .with(new Size(inbound.peek().promptTokens(), inbound.peek().outputLimit()));
        Request bounded = inbound.endsStreams() ? request : request.asOpenEnded();
        this.call = gateway.engine().newCall(bounded, () -> loop.execute(() -> tell(Signal.WOKE)), gateway.random());
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
        Reading reading = inbound.reading(destination.upstream().classifier(), WHOLE_LIMIT)
                .collecting(delivery.collects());
        arrival = new Arrival(new AttemptReader(attempt, reading, delivery::goesOn));
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

    void progress(Attempt attempt) {
        attempt.progress(now());
    }

    void head(Attempt attempt, HttpResponse head) {
        if (attempt.phase() == Phase.SENDING) {
            entered(attempt, Phase.AWAITING); // it answers before it has read everything
        }
        Arrival from = arrival;
        if (from != null && !over) {
            lastHeaders = head.headers();
            from.head(head, now());
            hear(from);
        }
    }

    void content(ByteBuf bytes) {
        Arrival from = arrival;
        if (from != null && !over) {
            from.read(bytes, passing ? delivery : null, now());
            hear(from);
        }
    }

    /** The body ended as HTTP says. */
    void end() {
        Arrival from = arrival;
        if (from != null && !over) {
            from.reader().end(now());
            hear(from);
        }
    }

    /** The connection broke. */
    void lost(String why, boolean reused) {
        Arrival from = arrival;
        if (from != null && !over) {
            from.reader().lost(why, reused, now());
            hear(from);
        }
    }

    /** The API's certificate was refused. */
    void untrusted(String why) {
        Arrival from = arrival;
        if (from != null && !over) {
            from.reader().untrusted(why);
            hear(from);
        }
    }

    void flush() {
        writer.flush();
    }

    /** Hands on what the reader has to say, and what may go to the caller by now. */
    private void hear(Arrival from) {
        Optional<Signal> next = from.reader().next();
        while (next.isPresent() && arrival == from) {
            if (passing) {
                from.release(delivery);
            }
            if (next.get() instanceof Signal.Ended ended) {
                ended(from, ended);
            } else {
                tell(next.get());
            }
            next = from.reader().next();
        }
        if (arrival == from && passing) {
            from.release(delivery);
        }
        guard();
    }

    private void ended(Arrival from, Signal.Ended ended) {
        Outcome how = ended.outcome();
        UpstreamAttempt attempt = running;
        try {
            closeAttempt(from.reader().needsNoMore());
        } finally {
            if (how instanceof Outcome.Failed failed) {
                distrust(attempt, failed.failure().kind());
                how = new Outcome.Failed(broken(from, failed.failure()));
            }
            tell(new Signal.Ended(ended.attempt(), how));
        }
    }

    /** After a connection from the pool that was dead, or silent from the beginning, the next try gets a fresh one. */
    private void distrust(@Nullable UpstreamAttempt attempt, FailureKind kind) {
        boolean ofWay = switch (kind) {
            case FIRST_TOKEN_TIMEOUT, WRITE_TIMEOUT, TLS_FAILED, CERTIFICATE_REFUSED -> true;
            default -> false;
        };
        distrustPool |= kind == FailureKind.STALE_CONNECTION || ofWay && attempt != null && attempt.blameWay();
    }

    /** What broke in the middle goes on only if the rest can be asked for. */
    private Failure broken(Arrival from, Failure failure) {
        return passing && inbound.stream() == StreamPolicy.RESUME && !delivery.broke(from)
                ? failure.withServerWish(failure.hint(), Optional.of(false))
                : failure;
    }

    private void deliver() {
        Arrival from = arrival;
        if (from == null) {
            return;
        }
        passing = true;
        from.reader().deliver();
        if (from.answer().outcome().isPresent()) {
            from.answer().flaw().ifPresent(flaw -> writer.warn(flaw.label()));
        }
        delivery.begin(from, call.attemptsSent());
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
                && from.reader().bodyEnded()
                && failed.reason() == GiveUp.NOT_RETRYABLE
                && isSameWord(from.head().status().code(), failed.failure().status())) {
            writer.forwardRefusal(from.head(), from.takeAll(), call.attemptsSent()); // the provider's own word
        } else {
            writer.problem(problem, failed.failure().hint(), lastHeaders);
        }
    }

    /** A redirection of an inference is a mistake in our settings, which the caller can do nothing about. */
    private boolean isSameWord(int status, int known) {
        return status == known && (status >= 400 || inbound.endpoint().isEmpty());
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
        passing = false;
        if (arrival != null) {
            arrival.drop();
            arrival = null;
        }
    }

    /** Looks when something is due although nothing comes. What comes moves that on, so when the timer fires it looks again. */
    private void guard() {
        Arrival from = arrival;
        if (from != null && running != null && !over) {
            timers.clock(from.reader().dueNanos(), () -> due(from));
        }
    }

    private void due(Arrival from) {
        if (arrival != from || running == null) {
            return;
        }
        if (from.reader().dueNanos() - now() > 0) {
            guard();
            return;
        }
        from.reader().due(now());
        hear(from);
        writer.flush();
    }
}
