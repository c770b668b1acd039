package dev.backstay.client;

import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Waker;
import dev.backstay.wire.AttemptReader;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One call of the library on its way: carries out what its {@link Call} says about attempts, on whatever thread asks for the next
 * thing. How to wait is the business of {@link Caller} and {@link FutureCaller}.
 *
 * <p>Bytes are pulled: whoever wants more of the answer reads it from the connection, and nobody reads ahead. So a slow reader
 * slows the server down, and costs no memory.
 *
 * <p>One thread at a time carries it; {@link #leave} may come from any other. The lock is held for decisions, never for I/O.
 */
final class Exchange {

    private final Ask ask;
    private final Sender sender;
    private final Clock clock;
    private final Call call;
    private final Waker waker;
    private final Running running;
    private final Replies replies = new Replies();
    private final Turn turn = new Turn();

    private volatile @Nullable Reception reception;
    private Step.@Nullable Finish finish;
    private boolean delivered;
    private volatile boolean expired;

    Exchange(Ask ask, Sender sender, Clock clock, Call call, Waker waker, Running running) {
        this.ask = ask;
        this.sender = sender;
        this.clock = clock;
        this.call = call;
        this.waker = waker;
        this.running = running;
    }

    Step start() {
        running.add(this);
        return tell(Signal.STARTED);
    }

    /** Nobody wants the answer any more: closes what is open. Does nothing to a call that is over and closed. */
    Step leave() {
        Step over;
        Optional<Runnable> close;
        synchronized (this) {
            over = tell(Signal.CANCELLED);
            close = turn.leave();
        }
        close.ifPresentOrElse(Runnable::run, this::closeReception); // whoever reads notices, and gives it back
        waker.wake();
        return over;
    }

    synchronized Step tell(Signal signal) {
        if (finish != null) {
            return finish;
        }
        Step step = call.on(signal, clock.nanos());
        if (step instanceof Step.Finish over) {
            finish = over;
            running.remove(this);
        }
        return step;
    }

    /** Carries out steps on this thread until the call has to wait, delivers, or is over. */
    Step carryOut(Step step) throws InterruptedException {
        Step next = step;
        while (next instanceof Step.Send send) {
            next = attempt(send.attempt());
        }
        if (next instanceof Step.CarryOn) {
            throw new IllegalStateException("a call has nothing under way and no next step");
        }
        return next;
    }

    private Step attempt(Attempt next) throws InterruptedException {
        Reception here = new Reception(this, ask, clock, new AttemptReader(next, ask.reading()));
        synchronized (this) {
            reception = here;
            turn.begin();
        }
        boolean told = false;
        try {
            here.open(sender);
            Step step = hear();
            while (step instanceof Step.CarryOn) {
                here.pull();
                step = hear();
            }
            told = !(step instanceof Step.Finish over) || over.result().succeeded() || delivered;
            return step;
        } finally {
            if (!told && here.isOpen()) {
                here.drop();
            }
            stopReading();
        }
    }

    /** Hands on what the reader has to say, until the call has another step. */
    private Step hear() {
        Step step = Step.CARRY_ON;
        for (Optional<Signal> next = here().next(); next.isPresent(); ) {
            step = next.get() instanceof Signal.Ended ended ? ended(ended) : tell(next.get());
            next = step instanceof Step.CarryOn ? here().next() : Optional.empty();
        }
        if (step instanceof Step.Deliver) {
            deliver();
        }
        return step;
    }

    /** If all of it is here already, the call has succeeded, whether or not somebody reads it to its end. */
    private void deliver() {
        synchronized (this) {
            replies.head(here().head());
            delivered = true;
            here().reader().deliver();
        }
        hear();
    }

    private Step ended(Signal.Ended ended) {
        Reception here = here();
        closeReception();
        if (here.isOpen() && over().isEmpty()) {
            replies.ended(here, ended.outcome(), delivered);
        }
        return tell(ended);
    }

    private void closeReception() {
        turn.closed();
        Reception here = reception;
        if (here != null) {
            here.close();
        }
    }

    /** What there is of the answer; there is a head. */
    Reception here() {
        return Objects.requireNonNull(reception);
    }

    /** Waits for more of an answer that was delivered. */
    void readOn() {
        synchronized (this) {
            if (finish != null) {
                return;
            }
            turn.begin();
            here().reader().attempt().resume(clock.nanos());
        }
        try {
            here().pull();
            hear();
        } catch (InterruptedException stopped) {
            leave();
            Thread.currentThread().interrupt();
        } finally {
            stopReading();
            if (expired) {
                endUnread(); // the clock ran out while bytes came all the same
            }
        }
    }

    private void stopReading() {
        boolean close;
        synchronized (this) {
            close = turn.end();
            if (delivered && finish == null) {
                here().reader().attempt().pause(clock.nanos());
            }
        }
        if (close) {
            closeReception();
        }
    }

    Turn turn() {
        return turn;
    }

    /** The clock ran out while nobody was asking for the next bytes. */
    void abandoned() {
        boolean unread;
        synchronized (this) {
            unread = delivered && !turn.isTaken();
            expired = delivered;
        }
        if (unread) {
            Helper.run("backstay-abandoned", this::endUnread);
        }
    }

    /** The deadline came, and nobody reads: on a thread of its own. */
    private void endUnread() {
        synchronized (this) {
            if (!delivered || turn.isTaken() || finish != null) {
                return;
            }
            turn.begin();
        }
        try {
            here().broke(new Broken(Broken.How.LATE, "nobody read on"));
            hear();
        } finally {
            stopReading();
        }
    }

    /** How it ended; empty while it runs. */
    synchronized Optional<Step.Finish> over() {
        return Optional.ofNullable(finish);
    }

    /** Its end as an exception. */
    CallFailed failed(Result.Failed result) {
        return new CallFailed(ask, result, attempts(), replies.refusal(result.failure()));
    }

    Replies replies() {
        return replies;
    }

    Request request() {
        return call.request();
    }

    synchronized int attempts() {
        return call.attemptsSent();
    }
}
