package dev.backstay.client;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads of calls whose callers do not wait. */
final class Hands {

    /** From here on a virtual thread that waits in a monitor, as OkHttp's do, no longer holds a real one (JEP 491). */
    private static final int VIRTUAL_SINCE = 24;

    private static final long IDLE_SECONDS = 10;

    private Hands() {}

    /**
     * Virtual threads where they are good for this; else daemon threads, at most {@value Backstay#MAX_RUNNING}, one for each attempt
     * that is under way.
     */
    static ExecutorService make() {
        ThreadFactory daemons = work -> {
            Thread thread = new Thread(work, "backstay-call");
            thread.setDaemon(true);
            return thread;
        };
        ThreadFactory threads = Runtime.version().feature() >= VIRTUAL_SINCE ? virtual(daemons) : daemons;
        return new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), threads);
    }

    /** Byte code for 17 cannot name them. */
    private static ThreadFactory virtual(ThreadFactory otherwise) {
        try {
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            Class<?> type = Class.forName("java.lang.Thread$Builder");
            Object named = type.getMethod("name", String.class).invoke(builder, "backstay-call");
            return (ThreadFactory) type.getMethod("factory").invoke(named);
        } catch (ReflectiveOperationException notHere) {
            return otherwise;
        }
    }
}
