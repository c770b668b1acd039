package dev.backstay.gateway;

import dev.backstay.core.Ticker;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What one call waits for: at most three timers. Belongs to its loop's thread; {@link #stop} leaves none behind. */
final class Timers {

    private final EventLoop loop;
    private final Ticker ticker;
    private @Nullable Future<?> wake;
    private @Nullable Future<?> clock;
    private @Nullable Future<?> each;
    private long clockNanos;

    Timers(EventLoop loop, Ticker ticker) {
        this.loop = loop;
        this.ticker = ticker;
    }

    /** The call looks again at this moment, and no longer at the one before. */
    void wake(long atNanos, Runnable what) {
        cancel(wake);
        wake = at(atNanos, what);
    }

    void noWake() {
        cancel(wake);
        wake = null;
    }

    /** The attempt's clock runs out at this moment. Moving it on costs nothing: the timer that is set fires early. */
    void clock(long atNanos, Runnable what) {
        if (clock != null && clockNanos - atNanos <= 0) {
            return;
        }
        cancel(clock);
        clockNanos = atNanos;
        clock = at(atNanos, () -> {
            clock = null;
            what.run();
        });
    }

    void noClock() {
        cancel(clock);
        clock = null;
    }

    /** Again and again. */
    void each(Duration period, Runnable what) {
        each = loop.scheduleAtFixedRate(what, period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS);
    }

    void stop() {
        noWake();
        noClock();
        cancel(each);
        each = null;
    }

    private Future<?> at(long nanos, Runnable what) {
        return loop.schedule(what, Math.max(0, nanos - ticker.nanos()), TimeUnit.NANOSECONDS);
    }

    private static void cancel(@Nullable Future<?> timer) {
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
