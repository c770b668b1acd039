package dev.backstay.core;

import java.time.Duration;

/**
 * The one absolute moment after which nothing begins for a call any more and nothing is waited for. Whether an attempt that runs ends with
 * it, too, is for {@link Cutoff} to say.
 *
 * <p>Absolute, because a timeout that is handed from layer to layer starts again in each of them, and four layers of 60
 * seconds are four minutes. The idea is gRPC's {@code Deadline}.
 *
 * <p>Immutable.
 *
 * @param atNanos the moment, on the clock of the driver's {@link Ticker}
 */
public record Deadline(long atNanos) implements Comparable<Deadline> {

    /** The longest a call may be given: {@value #LONGEST_HOURS} hours. Longer work is a job to watch, not a call. */
    public static final int LONGEST_HOURS = 24;

    /**
     * The moment {@code timeout} from now.
     *
     * @throws IllegalArgumentException if the timeout is not positive or longer than {@value #LONGEST_HOURS} hours
     */
    public static Deadline after(Duration timeout, long nowNanos) {
        return new Deadline(
                nowNanos + Timeouts.requirePositive("deadline", timeout).toNanos());
    }

    /** Nanoseconds left; zero or negative once it has passed. */
    public long remainingNanos(long nowNanos) {
        return atNanos - nowNanos;
    }

    /** Whether the moment has come. */
    public boolean isPast(long nowNanos) {
        return remainingNanos(nowNanos) <= 0;
    }

    /** The earlier one first; moments of one run are less than 292 years apart, wherever the clock began. */
    @Override
    public int compareTo(Deadline other) {
        return Long.signum(atNanos - other.atNanos);
    }

    /** The earlier of two moments. */
    static long earlier(long oneNanos, long otherNanos) {
        return oneNanos - otherNanos < 0 ? oneNanos : otherNanos;
    }

    /** The earlier of a moment and this one. */
    public long cap(long momentNanos) {
        return momentNanos - atNanos < 0 ? momentNanos : atNanos;
    }
}
