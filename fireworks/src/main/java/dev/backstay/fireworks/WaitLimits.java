package dev.backstay.fireworks;

import java.time.Duration;

/**
 * How long a wait for a trainer may last, one clock per cause. The defaults are the official ones; where there is none, ours.
 *
 * @param poll between two looks (official: 5 s)
 * @param pending waiting for capacity, since the wait began or the job was resumed (official: 48 h)
 * @param ready becoming ready, since it was first seen beyond PENDING (official: 15 min, and 10 when reconnecting)
 * @param leaving on its way out, before it shows what it becomes (official: 2 min, in which PENDING counted too)
 * @param settle how long a state from before a resume may still be shown
 * @param noProgress running without a step, before that counts as a silent death (official guidance: 10 min)
 * @param mostResumes resumes without a step in between, before the cause counts as its own (official: no limit)
 */
public record WaitLimits(
        Duration poll,
        Duration pending,
        Duration ready,
        Duration leaving,
        Duration settle,
        Duration noProgress,
        int mostResumes) {

    /** For who creates, resumes or waits. */
    public static final WaitLimits DEFAULT = new WaitLimits(
            Duration.ofSeconds(5),
            Duration.ofHours(48),
            Duration.ofSeconds(900),
            Duration.ofSeconds(300),
            Duration.ofSeconds(30),
            Duration.ofMinutes(10),
            5);

    /** For who reconnects. */
    public static final WaitLimits RECONNECT = DEFAULT.withReady(Duration.ofSeconds(600));

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public WaitLimits {
        positive("poll", poll);
        positive("pending", pending);
        positive("ready", ready);
        positive("leaving", leaving);
        positive("settle", settle);
        positive("no-progress", noProgress);
        if (mostResumes < 0) {
            throw new IllegalArgumentException("most-resumes is " + mostResumes + ": it must not be negative");
        }
    }

    private static void positive(String setting, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(
                    "wait limit '" + setting + "' is " + value + ": it must be longer than zero");
        }
    }

    /** The same with another time for becoming ready. */
    public WaitLimits withReady(Duration time) {
        return new WaitLimits(poll, pending, time, leaving, settle, noProgress, mostResumes);
    }

    /** The same with another time for capacity. */
    public WaitLimits withPending(Duration time) {
        return new WaitLimits(poll, time, ready, leaving, settle, noProgress, mostResumes);
    }

    /** The same, looking this often. */
    public WaitLimits withPoll(Duration time) {
        return new WaitLimits(time, pending, ready, leaving, settle, noProgress, mostResumes);
    }
}
