package dev.backstay.client;

import dev.backstay.core.Call;
import dev.backstay.core.Engine;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Waker;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Carries out calls on the thread that asks. Interrupting the thread cancels the call.
 *
 * <p>Thread-safe, if its sender and its clock are. Calls are not hedged: one thread carries one attempt at a time.
 *
 * @param engine decides
 * @param sender sends
 * @param clock waits
 * @param chance a source of chance for each call
 */
public record Caller(Engine engine, Sender sender, Clock clock, Supplier<RandomGenerator> chance) {

    /**
     * Makes the call and waits for its end, which its deadline bounds. The answer is handed over when it is whole, so a broken one
     * can be asked for again.
     *
     * @throws CallFailed if there is no whole answer
     */
    public Reply call(Ask ask, Request request) {
        return run(ask, request.with(StreamPolicy.WHOLE), new Running(1), Optional.empty())
                .replies()
                .whole();
    }

    /** An exchange that has delivered, or has the whole answer. */
    Exchange run(Ask ask, Request request, Running running, Optional<Cancellation> cancellation) {
        Parking parking = new Parking();
        Call call = engine.newCall(request, parking, chance.get());
        Exchange exchange = new Exchange(ask, sender, clock, call, parking, running);
        Step step;
        try {
            step = exchange.start();
            cancellation.ifPresent(how -> how.bind(exchange::leave));
            while (!(step instanceof Step.Deliver || step instanceof Step.Finish)) {
                step = exchange.carryOut(step);
                if (step instanceof Step.Wait wait) {
                    parking.await(wait.untilNanos());
                    step = exchange.tell(Signal.WOKE);
                }
            }
        } catch (InterruptedException left) {
            step = exchange.leave();
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error ours) {
            exchange.leave();
            throw ours;
        }
        if (step instanceof Step.Finish finish && finish.result() instanceof Result.Failed failed) {
            throw exchange.failed(failed);
        }
        return exchange;
    }

    private final class Parking implements Waker {
        private boolean woken;

        @Override
        public synchronized void wake() {
            woken = true;
            notifyAll();
        }

        private synchronized void await(long untilNanos) throws InterruptedException {
            while (!woken && untilNanos - clock.nanos() > 0) {
                clock.await(this, untilNanos);
            }
            woken = false;
        }
    }
}
