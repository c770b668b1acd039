package dev.backstay.client;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether a thread reads the connection of a call just now, and how another one can close it all the same. Whoever reads is the one who
 * gives the connection back.
 *
 * <p>Thread-safe.
 */
final class Turn {

    private boolean taken;
    private boolean left;
    private @Nullable Runnable closer;

    /** This thread reads from now on. */
    synchronized void begin() {
        taken = true;
    }

    /** Whether somebody reads. */
    synchronized boolean isTaken() {
        return taken;
    }

    /**
     * This thread reads no more.
     *
     * @return whether the call was left meanwhile, so that its connection has to be given back
     */
    synchronized boolean end() {
        taken = false;
        return left;
    }

    /** The call is left: how to close the connection so that who reads notices; empty if nobody does. */
    synchronized Optional<Runnable> leave() {
        left = true;
        return taken ? Optional.ofNullable(closer) : Optional.empty();
    }

    /** There is nothing to close any more. */
    synchronized void closed() {
        closer = null;
    }

    /** How to close the connection from another thread; done at once if the call was left. */
    void closer(Runnable how) {
        boolean atOnce;
        synchronized (this) {
            atOnce = left;
            closer = how;
        }
        if (atOnce) {
            how.run();
        }
    }
}
