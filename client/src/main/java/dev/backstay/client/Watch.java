package dev.backstay.client;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One daemon thread that looks after the clocks of attempts, and after threads that were interrupted while they read from a
 * socket: such a thread does not notice by itself. Nothing of a user's runs on it.
 *
 * <p>Thread-safe.
 */
final class Watch implements AutoCloseable {

    /** How often it looks for interrupted threads, while there is anything to look after. */
    static final long SWEEP_MILLIS = 25;

    private final ScheduledThreadPoolExecutor timer;
    private final Set<Trip> trips = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean sweeping = new AtomicBoolean();

    Watch() {
        timer = new ScheduledThreadPoolExecutor(1, work -> {
            Thread thread = new Thread(work, "backstay-watch");
            thread.setDaemon(true);
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** For who has to wake somebody later. */
    ScheduledThreadPoolExecutor timer() {
        return timer;
    }

    /** Looks after this one from now on. */
    void add(Trip trip) {
        trips.add(trip);
        sweepLater();
    }

    /** It is over. */
    void remove(Trip trip) {
        trips.remove(trip);
    }

    /** Has it look at its clock again after this long. */
    Future<?> after(long nanos, Trip trip) {
        return timer.schedule(trip::look, nanos, TimeUnit.NANOSECONDS);
    }

    private void sweepLater() {
        if (!trips.isEmpty() && sweeping.compareAndSet(false, true)) {
            timer.schedule(this::sweep, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void sweep() {
        try {
            trips.forEach(Trip::closeIfInterrupted);
        } finally {
            sweeping.set(false);
            sweepLater();
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
