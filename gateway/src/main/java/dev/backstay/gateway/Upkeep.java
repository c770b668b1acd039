package dev.backstay.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done now and then, on a thread of its own, because it reads and writes files. */
final class Upkeep implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

    private static final long EVERY_MILLIS = 500;

    private final List<Runnable> chores = new ArrayList<>();
    private final Thread thread = new Thread(this::run, "backstay-upkeep");
    private volatile boolean stopped;

    /** Something to do every half second. */
    synchronized void add(Runnable chore) {
        chores.add(chore);
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        while (!stopped) {
            try {
                TimeUnit.MILLISECONDS.sleep(EVERY_MILLIS);
            } catch (InterruptedException stop) {
                return;
            }
            once();
        }
    }

    private synchronized void once() {
        for (Runnable chore : chores) {
            try {
                chore.run();
            } catch (RuntimeException unexpected) {
                LOG.warn("upkeep failed", unexpected);
            }
        }
    }

    /** Does everything a last time, and no more. */
    @Override
    public void close() {
        if (!stopped) {
            stopped = true;
            thread.interrupt();
            once();
        }
    }
}
