package dev.backstay.core;

/**
 * A monotonic clock.
 *
 * <p>Deciders never hold one: drivers read it and pass the time as an argument. {@code System::nanoTime} is a ticker; so
 * is a number that jumps.
 */
@FunctionalInterface
public interface Ticker {

    /** Nanoseconds since an arbitrary origin that never changes. Only differences mean something. */
    long nanos();
}
