package dev.backstay.bench;

import dev.backstay.simulator.VirtualTime;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** The timers of a library in virtual time. Everything runs on the thread that runs that time. */
final class VirtualScheduler extends AbstractExecutorService implements ScheduledExecutorService {

    private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

    private final VirtualTime time;

    VirtualScheduler(VirtualTime time) {
        this.time = time;
    }

    private final class Task<V> extends FutureTask<V> implements ScheduledFuture<V> {

        private final long atNanos;

        Task(Callable<V> what, long atNanos) {
            super(what);
            this.atNanos = atNanos;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(atNanos - time.nanos(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> what, long delay, TimeUnit unit) {
        Task<V> task = new Task<>(what, time.nanos() + Math.max(0, unit.toNanos(delay)));
        time.at(task.atNanos, task);
        return task;
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable what, long delay, TimeUnit unit) {
        return schedule(Executors.callable(what), delay, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable what, long first, long period, TimeUnit unit) {
        throw new UnsupportedOperationException("none of the libraries needs it");
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable what, long first, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException("none of the libraries needs it");
    }

    @Override
    public void execute(Runnable what) {
        time.at(time.nanos(), what);
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return false;
    }

    @Override
    public boolean isTerminated() {
        return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return true;
    }

    /** The same time as a clock on the wall. */
    Clock clock() {
        return new Clock() {
            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return EPOCH.plusNanos(time.nanos());
            }
        };
    }
}
