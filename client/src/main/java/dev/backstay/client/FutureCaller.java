package dev.backstay.client;

import dev.backstay.core.Call;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Waker;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries out calls for callers that do not wait. A call has a thread of {@code hands} only while an attempt is under way; while it
 * waits to be sent it has none, and the timer does nothing but hand it back. What hangs on a future runs on {@code hands}.
 *
 * <p>Cancelling a future ends its call, whether it waits or is under way. Thread-safe.
 *
 * @param caller who decides, sends, and tells the time
 * @param hands does the work
 * @param timer wakes
 */
record FutureCaller(Caller caller, Executor hands, ScheduledExecutorService timer) {

    /**
     * Makes the call.
     *
     * @param what makes the result of an exchange that has delivered, or has the whole answer
     */
    <T> CompletableFuture<T> run(Ask ask, Request request, Running running, Function<Exchange, T> what) {
        Run<T> run = new Run<>(ask, request, running, what);
        run.begin();
        return run.future;
    }

    private final class Run<T> implements Waker {
        private final CompletableFuture<T> future = new CompletableFuture<>();
        private final Exchange exchange;
        private final Function<Exchange, T> what;
        private boolean parked;
        private boolean woken;
        private @Nullable Future<?> alarm;

        @SuppressWarnings("this-escape") // the engine keeps it for later
        private Run(Ask ask, Request request, Running running, Function<Exchange, T> what) {
            this.what = what;
            Call call = caller.engine().newCall(request, this, caller.chance().get());
            this.exchange = new Exchange(ask, caller.sender(), caller.clock(), call, this, running);
        }

        private void begin() {
            future.whenComplete((result, failure) -> {
                if (failure != null) {
                    exchange.leave();
                }
            });
            Step first = exchange.start(); // here, so that listeners hear of it on the caller's own thread
            work(() -> go(() -> first));
        }

        private void work(Runnable work) {
            try {
                hands.execute(work);
            } catch (RuntimeException | Error noThread) {
                // Whoever wakes holds locks of the engine, so nothing of it may be entered here.
                try {
                    Helper.run("backstay-rejected", () -> future.completeExceptionally(noThread));
                } catch (OutOfMemoryError noneAtAll) {
                    timer.schedule(() -> future.completeExceptionally(noThread), 1, TimeUnit.SECONDS);
                }
            }
        }

        private void go(Supplier<Step> first) {
            Step step;
            try {
                step = first.get();
                while (!(step instanceof Step.Deliver || step instanceof Step.Finish)) {
                    step = exchange.carryOut(step);
                    if (step instanceof Step.Wait wait) {
                        if (park(wait.untilNanos())) {
                            return;
                        }
                        step = exchange.tell(Signal.WOKE);
                    }
                }
                settle(step);
            } catch (InterruptedException left) {
                settle(exchange.leave());
                Thread.currentThread().interrupt();
            } catch (RuntimeException | Error ours) {
                exchange.leave();
                future.completeExceptionally(ours);
            }
        }

        private void settle(Step step) {
            if (step instanceof Step.Finish finish && finish.result() instanceof Result.Failed failed) {
                future.completeExceptionally(exchange.failed(failed));
                return;
            }
            T result = what.apply(exchange);
            if (!future.complete(result)) {
                exchange.leave();
            }
        }

        private synchronized boolean park(long untilNanos) {
            if (woken) {
                woken = false;
                return false;
            }
            parked = true;
            alarm = timer.schedule(this::wake, untilNanos - caller.clock().nanos(), TimeUnit.NANOSECONDS);
            return true;
        }

        @Override
        public void wake() {
            synchronized (this) {
                if (!parked) {
                    woken = true;
                    return;
                }
                parked = false;
                if (alarm != null) {
                    alarm.cancel(false);
                }
            }
            work(() -> go(() -> exchange.tell(Signal.WOKE)));
        }
    }
}
