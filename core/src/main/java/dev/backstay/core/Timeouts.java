package dev.backstay.core;

import java.time.Duration;

/**
 * One clock per phase, and one for the whole call.
 *
 * <p>A timeout that counts a whole stream kills healthy ones; one that stops at the headers guards nothing. So each phase
 * has a clock of its own that starts when the phase does, and {@link #idle} starts again with every event.
 *
 * <p>{@link #firstToken} guards a streamed answer, which shows life early. An answer that is not streamed says nothing
 * until the whole generation is done, so {@link #answer} guards that wait instead.
 *
 * <p>Immutable.
 *
 * @param connect each of: resolving the name, connecting, securing the connection
 * @param write the longest time without progress while the request is sent
 * @param firstToken from the last byte of the request to the first event of a streamed answer
 * @param answer from the last byte of the request to the head of an answer that is not streamed
 * @param idle the longest time between two events of an answer; what is known of the target ({@link Pace}) may halve it or make
 *     it longer
 * @param total the whole call: every wait and every attempt together
 */
public record Timeouts(
        Duration connect, Duration write, Duration firstToken, Duration answer, Duration idle, Duration total) {

    private static final double NEARLY_NANOS = 1e6;

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public Timeouts {
        requirePositive("connect", connect);
        requirePositive("write", write);
        requirePositive("first-token", firstToken);
        requirePositive("answer", answer);
        requirePositive("idle", idle);
        requirePositive("total", total);
        requireWithin("connect", connect, total);
        requireWithin("write", write, total);
        requireWithin("first-token", firstToken, total);
        requireWithin("answer", answer, total);
        requireWithin("idle", idle, total);
    }

    /**
     * The same clocks with another limit for the whole call. Who allows a call more time expects longer silences, so the clocks of the
     * answer grow in proportion; no clock is longer than the whole.
     */
    public Timeouts withTotal(Duration newTotal) {
        double factor = Math.max(1, (double) requirePositive("total", newTotal).toNanos() / total.toNanos());
        return new Timeouts(
                within(connect, newTotal),
                within(write, newTotal),
                within(times(factor, firstToken), newTotal),
                within(times(factor, answer), newTotal),
                within(times(factor, idle), newTotal),
                newTotal);
    }

    /** Whether an answer may be silent as long as is usual for this kind of work, so that nobody asked for another clock. */
    boolean hasUsualSilence(Workload workload, boolean streamed) {
        Timeouts usual = workload.timeouts();
        double factor = Math.max(1, (double) total.toNanos() / usual.total.toNanos());
        double expected = factor * usual.nanos(Phase.Clock.FIRST_TOKEN, streamed);
        return Math.abs(nanos(Phase.Clock.FIRST_TOKEN, streamed) - expected) < NEARLY_NANOS;
    }

    private static Duration times(double factor, Duration clock) {
        return Duration.ofNanos((long) (factor * clock.toNanos()));
    }

    /** How long a phase may last, in nanoseconds; {@link Long#MAX_VALUE} where only the deadline guards it. */
    long nanos(Phase.Clock clock, boolean streamed) {
        return switch (clock) {
            case DEADLINE -> Long.MAX_VALUE;
            case CONNECT -> connect.toNanos();
            case WRITE -> write.toNanos();
            case FIRST_TOKEN -> (streamed ? firstToken : answer).toNanos();
            case IDLE -> idle.toNanos();
        };
    }

    private static Duration within(Duration clock, Duration total) {
        return clock.compareTo(total) > 0 ? total : clock;
    }

    private static void requireWithin(String setting, Duration value, Duration total) {
        if (value.compareTo(total) > 0) {
            throw new IllegalArgumentException("timeout '" + setting + "' is " + value + ", and 'total' is " + total
                    + ": no clock may be longer than the whole call");
        }
    }

    static Duration requirePositive(String setting, Duration value) {
        if (value.isNegative() || value.isZero() || value.compareTo(Duration.ofHours(Deadline.LONGEST_HOURS)) > 0) {
            throw new IllegalArgumentException("timeout '" + setting + "' is " + value + ": it must be longer than zero"
                    + " and at most " + Deadline.LONGEST_HOURS + " hours");
        }
        return value;
    }
}
