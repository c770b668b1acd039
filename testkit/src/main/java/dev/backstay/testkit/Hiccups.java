package dev.backstay.testkit;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How long this machine has stood still for a thread that wanted to run, since this was made. What is measured with clocks and pauses
 * while it stood still for a good part of one proves nothing, and has to be measured again.
 *
 * <p>Thread-safe.
 */
public final class Hiccups implements AutoCloseable {

    private static final long NAP_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private volatile long longestNanos;
    private volatile boolean over;

    private Hiccups() {}

    /** One that watches from now on. */
    public static Hiccups watch() {
        Hiccups hiccups = new Hiccups();
        Thread watching = new Thread(hiccups::run, "hiccups");
        watching.setDaemon(true);
        watching.start();
        return hiccups;
    }

    private void run() {
        while (!over) {
            long before = System.nanoTime();
            LockSupport.parkNanos(NAP_NANOS);
            longestNanos = Math.max(longestNanos, System.nanoTime() - before - NAP_NANOS);
        }
    }

    /** The longest so far, in milliseconds. */
    public long longestMillis() {
        return TimeUnit.NANOSECONDS.toMillis(longestNanos);
    }

    @Override
    public void close() {
        over = true;
    }
}
