package dev.backstay.client;

/**
 * How to leave a call from another thread than the one that waits for it. For one call; whoever waits sees it end as cancelled.
 *
 * <p>Thread-safe.
 */
public final class Cancellation {

    private boolean cancelled;
    private Runnable leave = () -> {};

    /** Ends the call, now or as soon as it begins, and closes its connection. */
    public void cancel() {
        Runnable how;
        synchronized (this) {
            cancelled = true;
            how = leave;
        }
        how.run();
    }

    void bind(Runnable how) {
        boolean atOnce;
        synchronized (this) {
            leave = how;
            atOnce = cancelled;
        }
        if (atOnce) {
            how.run();
        }
    }
}
