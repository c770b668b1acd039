package dev.backstay.client;

import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.Engine;
import dev.backstay.core.Phase;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.ServerSaid;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Waker;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Carries out calls on the thread that asks.
 *
 * <p>Answers are handed over when they are whole, so a caller never sees part of one, and a broken answer can be asked for again.
 * Interrupting the thread cancels the call.
 *
 * <p>Thread-safe, if its sender and its clock are. The request of a call must be one whose answers are not delivered early
 * ({@code StreamPolicy.WHOLE}) and not hedged: one thread carries one attempt at a time.
 *
 * @param engine decides
 * @param sender sends
 * @param clock waits
 * @param chance a source of chance for each call
 */
public record Caller(Engine engine, Sender sender, Clock clock, Supplier<RandomGenerator> chance) {

    /**
     * Makes the call and waits for its end, which its deadline bounds.
     *
     * @throws CallFailed if there is no answer
     */
    public Reply call(Ask ask, Request request) {
        return new Run(ask, request).run();
    }

    private final class Run implements Waker {
        private final Ask ask;
        private final Call call;
        private boolean woken;
        private @Nullable Reply reply;

        private Run(Ask ask, Request request) {
            this.ask = ask;
            this.call = engine.newCall(request, this, chance.get());
        }

        @Override
        public synchronized void wake() {
            woken = true;
            notifyAll();
        }

        private Reply run() {
            Step step = tell(Signal.STARTED);
            try {
                while (!(step instanceof Step.Finish)) {
                    step = tell(carryOut(step));
                }
            } catch (InterruptedException left) {
                step = tell(Signal.CANCELLED);
                Thread.currentThread().interrupt();
            } catch (RuntimeException ours) {
                tell(Signal.CANCELLED);
                throw ours;
            }
            Result result = ((Step.Finish) step).result();
            if (result instanceof Result.Failed failed) {
                throw new CallFailed(ask, failed, call.attemptsSent());
            }
            return Objects.requireNonNull(reply, "a call succeeded without an answer");
        }

        private Step tell(Signal signal) {
            return call.on(signal, clock.nanos());
        }

        private Signal carryOut(Step step) throws InterruptedException {
            if (step instanceof Step.Send send) {
                return send(send.attempt());
            }
            if (step instanceof Step.Wait wait) {
                waitUntil(wait.untilNanos());
                return Signal.WOKE;
            }
            throw new IllegalStateException("a whole answer is asked for once at a time, and the engine said " + step);
        }

        private Signal send(Attempt attempt) throws InterruptedException {
            Sender.Sent sent = sender.send(ask, attempt, new Told(attempt));
            if (sent instanceof Sender.Ended ended) {
                ended.reply().ifPresent(good -> reply = good);
                return new Signal.Ended(attempt, ended.outcome());
            }
            return new Signal.TimedOut(attempt);
        }

        private synchronized void waitUntil(long nanos) throws InterruptedException {
            while (!woken && nanos - clock.nanos() > 0) {
                clock.await(this, nanos);
            }
            woken = false;
        }

        /** Passes on how far an attempt is; nothing of it makes a whole answer do anything else. */
        private final class Told implements Sender.Journey {
            private final Attempt attempt;

            private Told(Attempt attempt) {
                this.attempt = attempt;
            }

            @Override
            public void entered(Phase phase) {
                tell(new Signal.Entered(attempt, phase));
            }

            @Override
            public void moved() {
                attempt.progress(clock.nanos());
            }

            @Override
            public void headed(ServerSaid said) {
                tell(new Signal.Headed(attempt, said));
            }

            @Override
            public void begun() {
                tell(new Signal.FirstEvent(attempt));
            }
        }
    }
}
