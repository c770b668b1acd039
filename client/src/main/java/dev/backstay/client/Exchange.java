package dev.backstay.client;

import dev.backstay.core.AddressTry;
import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Waker;
import dev.backstay.wire.AttemptReader;
import dev.backstay.wire.Reading;
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
final class Exchange implements Sender.Journey {

    private static final int PIECE = 8 * 1024;

    private final Ask ask;
    private final Reading reading;
    private final Sender sender;
    private final Clock clock;
    private final Call call;
    private final Waker waker;
    private final Running running;
    private final Replies replies = new Replies();
    private final byte[] piece = new byte[PIECE];

    private @Nullable AttemptReader reader;
    private @Nullable Reception reception;
    private boolean open;
    private Step.@Nullable Finish finish;
    private @Nullable Runnable closer;
    private boolean left;
    private boolean delivered;
    private boolean busy;
    private volatile boolean expired;

    Exchange(Ask ask, Sender sender, Clock clock, Call call, Waker waker, Running running) {
        this.ask = ask;
        this.reading = ask.reading();
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

    Step woke() {
        return tell(Signal.WOKE);
    }

    /** Nobody wants the answer any more: closes what is open. Does nothing to a call that is over and closed. */
    Step leave() {
        Step over;
        Runnable close;
        synchronized (this) {
            over = tell(Signal.CANCELLED);
            left = true;
            close = busy ? closer : null;
        }
        if (close != null) {
            close.run(); // whoever reads notices, and gives it back
        } else {
            closeReception();
        }
        waker.wake();
        return over;
    }

    private synchronized Step tell(Signal signal) {
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
        synchronized (this) {
            reader = new AttemptReader(next, reading);
            reception = null;
            busy = true;
        }
        boolean told = false;
        try {
            open();
            Step step = hear();
            while (step instanceof Step.CarryOn) {
                step = pull();
            }
            told = !(step instanceof Step.Finish over) || over.result().succeeded() || delivered;
            return step;
        } finally {
            if (!told && reception != null) {
                reception.drop();
            }
            stopReading();
        }
    }

    private void open() throws InterruptedException {
        Incoming incoming;
        try {
            incoming = sender.send(ask, this);
        } catch (Broken broken) {
            broke(broken);
            return;
        }
        try {
            synchronized (this) {
                current()
                        .head(
                                incoming.status(),
                                name -> Reply.first(incoming.headers(), name),
                                clock.now(),
                                clock.nanos());
                reception = new Reception(ask, incoming, current());
                open = true;
            }
        } catch (RuntimeException ours) {
            incoming.close(false);
            throw ours;
        }
    }

    /** The next piece of the answer, and what it means. */
    private Step pull() throws InterruptedException {
        try {
            int length = here().next(piece);
            synchronized (this) {
                if (length == Incoming.END) {
                    current().end(clock.nanos());
                } else {
                    here().take(piece, length, clock.nanos());
                }
            }
        } catch (Broken broken) {
            broke(broken);
        }
        return hear();
    }

    private synchronized void broke(Broken broken) {
        String why = String.valueOf(broken.getMessage());
        switch (broken.how()) {
            case LATE -> current().due(clock.nanos());
            case UNTRUSTED -> current().untrusted(why);
            case LOST, REUSED -> current().lost(why, broken.how() == Broken.How.REUSED, clock.nanos());
        }
    }

    /** Hands on what the reader has to say, until the call has another step. */
    private Step hear() {
        Step step = Step.CARRY_ON;
        Optional<Signal> next = signal();
        while (next.isPresent() && step instanceof Step.CarryOn) {
            step = next.get() instanceof Signal.Ended ended ? ended(ended.outcome()) : tell(next.get());
            if (step instanceof Step.Deliver) {
                deliver();
            } else if (step instanceof Step.CarryOn) {
                next = signal();
            }
        }
        return step;
    }

    private synchronized Optional<Signal> signal() {
        return current().next();
    }

    /** If all of it is here already, the call has succeeded, whether or not somebody reads it to its end. */
    private void deliver() {
        synchronized (this) {
            replies.head(here().head());
            delivered = true;
            current().deliver();
        }
        hear();
    }

    private Step ended(Outcome outcome) {
        Reception here = reception;
        closeReception();
        if (outcome instanceof Outcome.Failed failed) {
            if (here != null && failed.failure().kind().isAnswered()) {
                replies.whole(here.whole());
            } else if (here != null && current().refused()) {
                replies.refusal(here.whole(), failed.failure());
            } else if (here != null && !delivered) {
                here.drop();
            }
        } else if (!delivered && over().isEmpty()) {
            replies.whole(here().whole());
        }
        return tell(new Signal.Ended(current().attempt(), outcome));
    }

    private void closeReception() {
        Reception here;
        synchronized (this) {
            here = open ? reception : null;
            open = false;
            closer = null;
        }
        if (here != null) {
            here.close();
        }
    }

    /**
     * The next bytes of an answer that was delivered; waits for them.
     *
     * @return how many, or -1 at the end of a whole answer
     * @throws BrokenAnswer if there will be no more, and the answer is not whole
     */
    int take(byte[] into, int from, int length) throws BrokenAnswer {
        while (ready() == 0) {
            Optional<Step.Finish> over = over();
            if (over.isEmpty()) {
                readOn();
            } else if (over.get().result() instanceof Result.Failed failed) {
                throw new BrokenAnswer(failed(failed));
            } else {
                return Incoming.END;
            }
        }
        return here().take(into, from, length);
    }

    int ready() {
        return here().ready();
    }

    private void readOn() {
        synchronized (this) {
            if (finish != null) {
                return;
            }
            busy = true;
            current().attempt().resume(clock.nanos());
        }
        try {
            pull();
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
            busy = false;
            close = left;
            if (delivered && finish == null) {
                current().attempt().pause(clock.nanos());
            }
        }
        if (close) {
            closeReception();
        }
    }

    /** The deadline came, and nobody reads: on a thread of its own. */
    private void endUnread() {
        synchronized (this) {
            if (!delivered || busy || finish != null) {
                return;
            }
            busy = true;
        }
        try {
            broke(new Broken(Broken.How.LATE, "nobody read on"));
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

    private Reception here() {
        return Objects.requireNonNull(reception);
    }

    private AttemptReader current() {
        return Objects.requireNonNull(reader);
    }

    @Override
    public void entered(Phase phase) {
        tell(new Signal.Entered(current().attempt(), phase));
    }

    @Override
    public void tried(AddressTry what) {
        tell(new Signal.Tried(current().attempt(), what));
    }

    @Override
    public synchronized void moved() {
        current().attempt().progress(clock.nanos());
    }

    @Override
    public synchronized Phase phase() {
        return current().attempt().phase();
    }

    @Override
    public synchronized long clockNanos() {
        return current().dueNanos();
    }

    @Override
    public void closer(Runnable how) {
        boolean atOnce;
        synchronized (this) {
            atOnce = left;
            closer = how;
        }
        if (atOnce) {
            how.run();
        }
    }

    @Override
    public void abandoned() {
        boolean unread;
        synchronized (this) {
            unread = delivered && !busy;
            expired = delivered;
        }
        if (unread) {
            Helper.run("backstay-abandoned", this::endUnread);
        }
    }
}
