package dev.backstay.client;

import dev.backstay.core.Call;
import dev.backstay.core.Engine;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.Step;
import dev.backstay.core.Waker;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Carries out calls for callers that do not wait. A call has a thread of {@code hands} only while an attempt is under way; while it
 * waits to be sent it has none, and the timer does nothing but hand it back. What hangs on a future runs on {@code hands}.
 *
 * <p>Cancelling a future ends its call, whether it waits or is under way. Thread-safe.
 *
 * @param engine decides
 * @param sender sends
 * @param clock tells the time
 * @param chance a source of chance for each call
 * @param hands does the work
 * @param timer wakes
 */
record FutureCaller(
        Engine engine,
        Sender sender,
        Clock clock,
        Supplier<RandomGenerator> chance,
        Executor hands,
        ScheduledExecutorService timer) {

    /**
     * Makes the call.
     *
     * @param what makes the result of an exchange that has delivered, or has the whole answer
     * @param unwanted what to do with a result that nobody waits for any more
     * @param over is told when the future is done
     */
    <T> CompletableFuture<T> run(Ask ask, Request request, Function<Exchange, T> what, Unwanted<T> unwanted) {
        Run<T> run = new Run<>(ask, request, what, unwanted);
        run.begin();
        return run.future;
    }

    /** Disposes of a result. */
    interface Unwanted<T> {
        void drop(T result);
    }

    private final class Run<T> implements Waker {
        private final CompletableFuture<T> future = new CompletableFuture<>();
        private final Exchange exchange;
        private final Function<Exchange, T> what;
        private final Unwanted<T> unwanted;
        private boolean parked;
        private boolean woken;
        private @Nullable Future<?> alarm;

        private Run(Ask ask, Request request, Function<Exchange, T> what, Unwanted<T> unwanted) {
            this.what = what;
            this.unwanted = unwanted;
            this.exchange = new Exchange(ask, sender, clock, () -> newCall(request));
        }

        private Call newCall(Request request) {
            return engine.newCall(request, this, chance.get());
        }

        private void begin() {
            future.whenComplete((result, failure) -> {
                if (future.isCancelled()) {
                    unpark();
                    exchange.leave();
                }
            });
            hands.execute(() -> go(exchange.start()));
        }

        private void go(Step first) {
            Step step = first;
            try {
                while (!(step instanceof Step.Deliver || step instanceof Step.Finish)) {
                    step = exchange.carryOut(step);
                    if (step instanceof Step.Wait wait) {
                        if (park(wait.untilNanos())) {
                            return;
                        }
                        step = exchange.woke();
                    }
                }
            } catch (InterruptedException left) {
                step = exchange.leave();
                Thread.currentThread().interrupt();
            } catch (RuntimeException | Error ours) {
                exchange.leave();
                future.completeExceptionally(ours);
                return;
            }
            settle(step);
        }

        private void settle(Step step) {
            if (step instanceof Step.Finish finish && finish.result() instanceof Result.Failed failed) {
                future.completeExceptionally(exchange.failed(failed));
                return;
            }
            T result = what.apply(exchange);
            if (!future.complete(result)) {
                unwanted.drop(result);
            }
        }

        private synchronized boolean park(long untilNanos) {
            if (woken) {
                woken = false;
                return false;
            }
            parked = true;
            alarm = timer.schedule(this::wake, untilNanos - clock.nanos(), TimeUnit.NANOSECONDS);
            return true;
        }

        @Override
        public void wake() {
            synchronized (this) {
                if (!parked) {
                    woken = true;
                    return;
                }
                unpark();
            }
            hands.execute(() -> go(exchange.woke()));
        }

        private synchronized void unpark() {
            parked = false;
            if (alarm != null) {
                alarm.cancel(false);
            }
        }
    }
}
