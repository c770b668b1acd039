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
import dev.backstay.wire.LimitHeaders;
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

    /** How long the body of a refusal may take; its status and its headers say most. */
    private static final long REFUSAL_NANOS = 2_000_000_000L;

    private final Ask ask;
    private final Sender sender;
    private final Clock clock;
    private final Call call;
    private final Waker waker;
    private final Running running;
    private final Replies replies = new Replies();
    private final byte[] piece = new byte[PIECE];

    private @Nullable Attempt attempt;
    private @Nullable Reception reception;
    private boolean open;
    private boolean refused;
    private long refusedNanos;
    private Step.@Nullable Finish finish;
    private @Nullable Runnable closer;
    private boolean left;
    private boolean delivered;
    private boolean reading;
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
            close = reading ? closer : null;
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
            attempt = next;
            reception = null;
            refused = false;
            reading = true;
        }
        boolean told = false;
        try {
            open();
            Step step = look(0);
            while (step instanceof Step.CarryOn) {
                step = pull();
            }
            told = !(step instanceof Step.Finish over) || over.result().succeeded() || delivered;
            return step;
        } catch (Broken broken) {
            told = true;
            return broke(broken);
        } finally {
            if (!told && reception != null) {
                reception.drop();
            }
            stopReading();
        }
    }

    private void open() throws InterruptedException, Broken {
        Incoming incoming = sender.send(ask, this);
        Reception next;
        try {
            next = new Reception(ask, incoming, clock.now());
        } catch (RuntimeException ours) {
            incoming.close(false);
            throw ours;
        }
        synchronized (this) {
            reception = next;
            open = true;
            refused = next.isRefusal();
            refusedNanos = clock.nanos() + REFUSAL_NANOS;
        }
        tell(new Signal.Headed(current(), LimitHeaders.parse(name -> Reply.first(incoming.headers(), name))));
    }

    /** The next piece of the answer, and what it means. */
    private Step pull() throws InterruptedException, Broken {
        Reception here = here();
        long before = here.progress();
        here.next(piece);
        return look(before);
    }

    private Step look(long progressBefore) {
        Reception here = here();
        if (here.begun() && phase() != Phase.STREAMING) {
            Step step = tell(new Signal.FirstEvent(current()));
            if (step instanceof Step.Deliver) {
                deliver();
            }
            if (!(step instanceof Step.CarryOn)) {
                return step;
            }
        } else if (here.progress() != progressBefore && phase() == Phase.STREAMING) {
            moved();
        }
        return here.outcome().isPresent() ? ended(here.outcome().get()) : Step.CARRY_ON;
    }

    /** If all of it is here already, the call has succeeded, whether or not somebody reads it to its end. */
    private void deliver() {
        synchronized (this) {
            replies.head(here().head());
            delivered = true;
        }
        here().outcome().ifPresent(this::ended);
    }

    private Step ended(Outcome outcome) {
        Reception here = here();
        closeReception();
        Outcome ours = outcome;
        if (outcome instanceof Outcome.Failed failed) {
            ours = Endings.asAllowed(ask.again(), failed);
            if (here.isRefusal()) {
                replies.refusal(here.whole(), ((Outcome.Failed) ours).failure());
            } else if (!delivered) {
                here.drop();
            }
        } else if (!delivered && over().isEmpty()) {
            replies.whole(here.whole());
        }
        return tell(new Signal.Ended(current(), ours));
    }

    private Step broke(Broken broken) {
        Reception here = reception;
        if (here != null && here.isRefusal()) {
            here.endRefusal();
            return ended(here.outcome().orElseThrow());
        }
        closeReception();
        if (here != null && !delivered) {
            here.drop();
        }
        Outcome.Failed failed;
        synchronized (this) {
            failed = Endings.of(broken, current(), clock.nanos());
        }
        return tell(new Signal.Ended(current(), Endings.asAllowed(ask.again(), failed)));
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
            reading = true;
            current().resume(clock.nanos());
        }
        try {
            pull();
        } catch (Broken broken) {
            broke(broken);
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
            reading = false;
            close = left;
            if (delivered && finish == null) {
                current().pause(clock.nanos());
            }
        }
        if (close) {
            closeReception();
        }
    }

    /** The deadline came, and nobody reads: on a thread of its own. */
    private void endUnread() {
        synchronized (this) {
            if (!delivered || reading || finish != null) {
                return;
            }
            reading = true;
        }
        try {
            broke(new Broken(Broken.How.LATE, "nobody read on"));
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

    private Attempt current() {
        return Objects.requireNonNull(attempt);
    }

    @Override
    public void entered(Phase phase) {
        tell(new Signal.Entered(current(), phase));
    }

    @Override
    public void tried(AddressTry what) {
        tell(new Signal.Tried(current(), what));
    }

    @Override
    public synchronized void moved() {
        current().progress(clock.nanos());
    }

    @Override
    public synchronized Phase phase() {
        return current().phase();
    }

    @Override
    public synchronized long clockNanos() {
        long clockNanos = current().clockNanos();
        return refused && refusedNanos - clockNanos < 0 ? refusedNanos : clockNanos;
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
            unread = delivered && !reading;
            expired = delivered;
        }
        if (unread) {
            Helper.run("backstay-abandoned", this::endUnread);
        }
    }
}
