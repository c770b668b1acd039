package dev.backstay.cli;

import dev.backstay.client.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ctrl-C ends a wait in order: what is known is kept, and another process may take it up at once. */
final class Interrupts implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 2;

    private final CountDownLatch over = new CountDownLatch(1);

    private Interrupts() {}

    /** Interrupts this thread when the process is told to stop, and gives it a moment to end its wait. */
    static Interrupts onShutdown() {
        Interrupts interrupts = new Interrupts();
        Thread waiting = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> interrupts.stop(waiting), "backstay-stop"));
        return interrupts;
    }

    /** Waits, until the time is over or the process is told to stop. */
    void pause(Duration time) throws InterruptedException {
        Clock.SYSTEM.pause(time);
    }

    private void stop(Thread waiting) {
        if (over.getCount() == 0) {
            return;
        }
        waiting.interrupt();
        try {
            over.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        over.countDown();
    }
}
