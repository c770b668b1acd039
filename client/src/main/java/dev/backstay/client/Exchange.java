package dev.backstay.client;

import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.Failure;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Waker;
import dev.backstay.wire.Answer;
import dev.backstay.wire.LimitHeaders;
import java.nio.ByteBuffer;
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

    /** What the provider said last instead of an answer, and what it means. */
    private record Refusal(Failure means, Reply said) {}

    private final Ask ask;
    private final Sender sender;
    private final Clock clock;
    private final Call call;
    private final Waker waker;
    private final Running running;
    private final byte[] piece = new byte[PIECE];

    private @Nullable Attempt attempt;
    private @Nullable Incoming incoming;
    private @Nullable Answer answer;
    private @Nullable Kept kept;
    private @Nullable Reply reply;
    private @Nullable Refusal refusal;
    private @Nullable Reply deliveredHead;
    private Step.@Nullable Finish finish;
    private Runnable closer = Exchange::nothingOpen;
    private boolean left;
    private boolean delivered;
    private boolean bodyEnded;
    private boolean reading;
    private long released;

    /**
     * @param call decides
     * @param waker wakes whoever waits for it
     * @param running hears of its beginning and its end
     */
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

    /** Nobody wants the answer any more: closes what is open. */
    Step leave() {
        Step over;
        Runnable close;
        boolean ours;
        synchronized (this) {
            over = tell(Signal.CANCELLED);
            left = true;
            close = closer;
            ours = !reading;
        }
        close.run();
        if (ours) {
            closeIncoming(false);
        }
        waker.wake();
        return over;
    }

    /** Carries out steps on this thread until the call has to wait, delivers, or is over. */
    Step carryOut(Step step) throws InterruptedException {
        Step next = step;
        while (next instanceof Step.Send send) {
            next = attempt(send.attempt());
        }
        return next;
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

    // One attempt.

    private Step attempt(Attempt next) throws InterruptedException {
        synchronized (this) {
            attempt = next;
            reading = true;
        }
        try {
            open();
            Step step = look(0);
            while (step instanceof Step.CarryOn) {
                step = pull();
            }
            return step;
        } catch (Broken broken) {
            return broke(broken);
        } finally {
            stopReading();
        }
    }

    private void open() throws InterruptedException, Broken {
        bodyEnded = false;
        Incoming head = sender.send(ask, this);
        synchronized (this) {
            incoming = head;
        }
        tell(new Signal.Headed(current(), LimitHeaders.parse(name -> Reply.first(head.headers(), name))));
        answer = ask.reader(head, clock.now());
        kept = head.status() < 300 && ask.into().isPresent()
                ? new Kept.InFile(ask.into().get())
                : new Kept.InMemory();
    }

    /** The next piece of the answer, and what it means. */
    private Step pull() throws InterruptedException, Broken {
        Answer reader = reader();
        if (reader.outcome().isPresent()) {
            return ended(reader.outcome().get());
        }
        long before = reader.progress();
        int length = Objects.requireNonNull(incoming).read(piece);
        if (length == Incoming.END) {
            bodyEnded = true;
            reader.end();
        } else {
            reader.read(ByteBuffer.wrap(piece, 0, length));
            Objects.requireNonNull(kept).add(piece, length);
        }
        return look(before);
    }

    private Step look(long progressBefore) {
        Answer reader = reader();
        boolean failed = reader.outcome().orElse(null) instanceof Outcome.Failed;
        if (reader.started() && !failed && phase() != Phase.STREAMING) {
            Step step = tell(new Signal.FirstEvent(current()));
            if (step instanceof Step.Deliver) {
                Incoming head = Objects.requireNonNull(incoming);
                deliveredHead = new Reply(head.status(), head.headers(), new byte[0]);
                delivered = true;
            }
            if (!(step instanceof Step.CarryOn)) {
                return step;
            }
        } else if (reader.progress() != progressBefore && phase() == Phase.STREAMING) {
            moved();
        }
        return reader.outcome().isPresent() ? ended(reader.outcome().get()) : Step.CARRY_ON;
    }

    private Step ended(Outcome outcome) {
        Incoming head = Objects.requireNonNull(incoming);
        Kept bytes = Objects.requireNonNull(kept);
        boolean whole = outcome instanceof Outcome.Completed;
        closeIncoming(whole || bodyEnded);
        Outcome ours = outcome;
        if (outcome instanceof Outcome.Failed failed) {
            ours = Endings.unlessSeen(ask.again(), failed);
            if (head.status() >= 300) {
                refusal = new Refusal(failed.failure(), new Reply(head.status(), head.headers(), bytes.whole()));
            } else if (!delivered) {
                bytes.drop();
            }
        } else if (!delivered) {
            reply = new Reply(head.status(), head.headers(), bytes.whole());
        }
        return tell(new Signal.Ended(current(), ours));
    }

    private Step broke(Broken broken) {
        closeIncoming(false);
        if (!delivered && kept != null) {
            kept.drop();
        }
        Outcome.Failed failed;
        synchronized (this) {
            failed = Endings.of(broken, current(), clock.nanos());
        }
        return tell(new Signal.Ended(current(), Endings.unlessSeen(ask.again(), failed)));
    }

    private static void nothingOpen() {}

    private void closeIncoming(boolean whole) {
        Incoming open;
        synchronized (this) {
            open = incoming;
            incoming = null;
            closer = Exchange::nothingOpen;
        }
        if (open != null) {
            open.close(whole);
        }
    }

    // The answer, read by whoever wants it.

    /**
     * The next bytes of an answer that was delivered; waits for them.
     *
     * @return how many, or -1 at the end of a whole answer
     * @throws BrokenAnswer if there will be no more, and the answer is not whole
     */
    int take(byte[] into, int from, int length) throws BrokenAnswer {
        while (true) {
            int ready = (int) Math.min(reader().releasable() - released, length);
            if (ready > 0) {
                ((Kept.InMemory) Objects.requireNonNull(kept)).take(into, from, ready);
                released += ready;
                return ready;
            }
            Optional<Step.Finish> over = over();
            if (over.isEmpty()) {
                readOn();
            } else if (over.get().result() instanceof Result.Failed failed) {
                throw new BrokenAnswer(failed(failed));
            } else {
                return Incoming.END;
            }
        }
    }

    /** How many bytes {@link #take} would have without waiting. */
    int ready() {
        return (int) Math.min(Integer.MAX_VALUE, reader().releasable() - released);
    }

    private void readOn() {
        synchronized (this) {
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
            closeIncoming(false);
        }
    }

    // What is known of it.

    /** How it ended; empty while it runs. */
    synchronized Optional<Step.Finish> over() {
        return Optional.ofNullable(finish);
    }

    /** Its end as an exception. */
    CallFailed failed(Result.Failed result) {
        Refusal last = refusal;
        boolean theirs = last != null && last.means.equals(result.failure());
        return new CallFailed(
                ask, result, attempts(), theirs && last != null ? Optional.of(last.said) : Optional.empty());
    }

    /** The whole answer, after a success that was not delivered early. */
    Reply reply() {
        return Objects.requireNonNull(reply, "a call succeeded without an answer");
    }

    /** The head of the answer that was delivered. */
    Reply head() {
        return Objects.requireNonNull(deliveredHead, "nothing was delivered");
    }

    Request request() {
        return call.request();
    }

    synchronized int attempts() {
        return call.attemptsSent();
    }

    private Answer reader() {
        return Objects.requireNonNull(answer);
    }

    private Attempt current() {
        return Objects.requireNonNull(attempt);
    }

    // What the sender tells.

    @Override
    public void entered(Phase phase) {
        tell(new Signal.Entered(current(), phase));
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
        return current().clockNanos();
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
        synchronized (this) {
            if (reading || finish != null) {
                return;
            }
        }
        Thread helper = new Thread(() -> broke(new Broken(Broken.How.LATE, "nobody read on")), "backstay-abandoned");
        helper.setDaemon(true);
        helper.start();
    }
}
