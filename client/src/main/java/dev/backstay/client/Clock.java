package dev.backstay.client;

import dev.backstay.core.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * What time it is, and how to wait for another one. The system's, or a number that jumps.
 *
 * <p>Thread-safe, if it is the system's.
 */
public interface Clock extends Ticker {

    /** The system's clock. */
    Clock SYSTEM = new Clock() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public void await(Object monitor, long untilNanos) throws InterruptedException {
            long left = untilNanos - System.nanoTime();
            if (left > 0) {
                TimeUnit.NANOSECONDS.timedWait(monitor, left);
            } else if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    };

    /** The time on the wall: for dates in messages, never for measuring. */
    Instant now();

    /**
     * Waits until this moment, or earlier if the monitor is notified, or for no reason.
     *
     * @param monitor whose lock the caller holds
     * @throws InterruptedException if the thread was interrupted: whoever waits no longer wants to
     */
    void await(Object monitor, long untilNanos) throws InterruptedException;

    /** Lets this much time pass. */
    default void pause(Duration time) throws InterruptedException {
        Object nobody = new Object();
        long until = nanos() + time.toNanos();
        synchronized (nobody) {
            do {
                await(nobody, until);
            } while (until - nanos() > 0);
        }
    }
}
