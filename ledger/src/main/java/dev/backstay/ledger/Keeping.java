package dev.backstay.ledger;

import java.time.Duration;

/**
 * What is kept of calls, and for how long.
 *
 * <p>Immutable.
 *
 * @param slow a call whose first event comes later than this is worth a record
 * @param sample which part of the other good calls gets one, 0 to 1
 * @param callsFor how long records are kept
 * @param talliesFor how long counters are kept
 * @param bytes how large the store may get; the oldest records go first
 */
public record Keeping(Duration slow, double sample, Duration callsFor, Duration talliesFor, long bytes) {

    /** Records for a week, counters for a quarter, 1 GiB. */
    public static final Keeping USUAL =
            new Keeping(Duration.ofSeconds(10), 0.01, Duration.ofDays(7), Duration.ofDays(90), 1L << 30);

    private static final long LEAST_BYTES = 1L << 20;

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public Keeping {
        positive("slow", slow);
        positive("calls-for", callsFor);
        positive("counters-for", talliesFor);
        if (!(sample >= 0 && sample <= 1)) {
            throw new IllegalArgumentException("ledger sample is " + sample + ": it must be from 0 to 1");
        }
        if (bytes < LEAST_BYTES) {
            throw new IllegalArgumentException("ledger size is " + bytes + " bytes: it must be at least 1 MiB");
        }
    }

    private static void positive(String what, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException("ledger " + what + " is " + value + ": it must be longer than zero");
        }
    }
}
