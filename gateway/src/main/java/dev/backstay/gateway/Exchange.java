package dev.backstay.gateway;

import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.Outcome;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.wire.AttemptReader;
import dev.backstay.wire.Reading;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One call through the gateway: the event-loop driver. Carries out the steps of its {@link Call} on the loop of the caller's
 * connection, and holds the caller's request until the end.
 */
final class Exchange {

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
        this.call = gateway.engine()
                .newCall(
                        inbound.request(writer.callId(), startNanos),
                        () -> loop.execute(() -> tell(Signal.WOKE)),
                        gateway.random());
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

    /** How many events with something of an answer have come; each is at least one token that was generated. */
    long eventsStreamed() {
        return delivery.eventsStreamed();
    }

    /** How long ago it began. */
    long tookNanos() {
        return now() - startNanos;
    }

    /** The caller takes bytes again, or takes no more for now. */
    void callerWritable(boolean writable) {
        if (!over && running != null && arrival != null && arrival.delivers()) {
            running.pauseReading(!writable, now());
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
        Reading reading = inbound.reading(destination.upstream().classifier()).collecting(delivery.collects());
        Arrival next = new Arrival(this, new AttemptReader(attempt, reading, delivery::goesOn), gateway.ticker());
        arrival = next;
        UpstreamAttempt sent = new UpstreamAttempt(
                next,
                attempt,
                destination.upstream().pool(loop),
                Outgoing.of(inbound, destination, delivery, writer.callId(), memory),
                distrustPool);
        running = sent;
        guard();
        sent.begin();
    }

    // What the attempt brings.

    /** Hands on what the reader has to say, and what may go to the caller by now. */
    void hear(Arrival from) {
        if (arrival != from || over) {
            return;
        }
        Optional<Signal> next = from.reader().next();
        boolean mayBeDueEarlier = next.isPresent() || from.reader().awaitsLastWord();
        while (next.isPresent() && arrival == from) {
            from.release();
            if (next.get() instanceof Signal.Ended ended) {
                ended(from, ended);
            } else {
                tell(next.get());
            }
            next = from.reader().next();
        }
        if (arrival == from) {
            from.release();
        }
        if (mayBeDueEarlier) {
            guard(); // an event more moves the clock on, and when the timer fires it looks again
        }
    }

    private void ended(Arrival from, Signal.Ended ended) {
        Outcome how = ended.outcome();
        UpstreamAttempt attempt = running;
        try {
            closeAttempt(from.reader().needsNoMore());
        } finally {
            if (how instanceof Outcome.Failed failed) {
                distrustPool |=
                        attempt != null && attempt.failedWith(failed.failure().kind());
                how = new Outcome.Failed(delivery.broken(from, failed.failure()));
            }
            tell(new Signal.Ended(ended.attempt(), how));
        }
    }

    private void deliver() {
        Arrival from = arrival;
        if (from == null) {
            return;
        }
        from.deliverTo(delivery);
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
                delivery.fail(failed, call.attemptsSent(), from);
            } else if (from != null) {
                if (!from.delivers()) {
                    deliver(); // what was held until it is whole
                    from.release();
                }
                delivery.end(from);
            }
        } finally {
            dropArrival();
            inbound.body().release();
            whenOver.run();
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
        if (arrival != null) {
            delivery.leave(arrival);
            arrival.drop();
            arrival = null;
        }
    }

    /** Looks when something is due although nothing comes. What comes moves that on, so when the timer fires it looks again. */
    void guard() {
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
        from.due();
        writer.flush();
    }
}
