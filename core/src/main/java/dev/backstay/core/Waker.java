package dev.backstay.core;

/**
 * How the engine asks a waiting call to look again, for example because its gate reopened.
 *
 * <p>The law: it may be called from any thread, and only schedules {@link Signal#WOKE} on the driver's own thread. It must
 * not block, throw, or enter the engine.
 */
@FunctionalInterface
public interface Waker {
    void wake();
}
