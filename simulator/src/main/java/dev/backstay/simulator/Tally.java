package dev.backstay.simulator;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.Phase;
import dev.backstay.core.Result;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Counts how calls ended: what the two columns of a replay are made of. Not thread-safe. */
public final class Tally {

    private static final int PHASES = Phase.values().length;
    private static final int ACKS = Acknowledged.values().length;

    private final long[][] failures = new long[PHASES][ACKS];
    private final Timeline timeline = new Timeline();
    private long[] latencies = new long[1024];
    private int succeeded;
    private long calls;
    private long attempts;
    private long duplicateTokens;

    /** A call of virtual time ended like this. */
    public void call(Ending how) {
        call(how.result(), how.attempts(), how.arrivedNanos(), how.latencyNanos(), how.billedInVain());
    }

    /**
     * A call ended like this.
     *
     * @param how succeeded or failed
     * @param attemptsSent how often it was sent
     * @param arrivedNanos when it arrived, since the run began
     * @param latencyNanos how long it took
     * @param billedInVain tokens billed for attempts that gave no answer
     */
    public void call(Result how, int attemptsSent, long arrivedNanos, long latencyNanos, long billedInVain) {
        timeline.call(arrivedNanos, how.succeeded());
        calls++;
        attempts += attemptsSent;
        duplicateTokens += billedInVain;
        if (how instanceof Result.Failed failed) {
            Failure failure = failed.failure();
            failures[failure.phase().ordinal()][failure.acknowledged().ordinal()]++;
            return;
        }
        if (succeeded == latencies.length) {
            latencies = Arrays.copyOf(latencies, succeeded * 2);
        }
        latencies[succeeded++] = latencyNanos;
    }

    /** Tokens that were billed without helping, counted elsewhere. */
    public void duplicateTokens(long tokens) {
        duplicateTokens += tokens;
    }

    /**
     * Failed calls by where their last attempt died.
     *
     * @param phase where
     * @param acknowledged whether the server saw it
     * @param count how many
     */
    public record Failures(String phase, String acknowledged, long count) {}

    /**
     * One column of a replay.
     *
     * @param calls calls made
     * @param succeeded calls that got a whole answer before their deadline
     * @param attempts attempts of all calls
     * @param p50Millis median time of a success
     * @param p99Millis 99th percentile of the time of a success
     * @param duplicateTokens tokens billed for attempts that gave no answer
     * @param failures failed calls by phase and acknowledgement, most first
     */
    public record Column(
            long calls,
            long succeeded,
            long attempts,
            double p50Millis,
            double p99Millis,
            long duplicateTokens,
            List<Failures> failures) {

        public double successPercent() {
            return calls == 0 ? 100 : 100.0 * succeeded / calls;
        }

        public double attemptsPerCall() {
            return calls == 0 ? 0 : (double) attempts / calls;
        }
    }

    /** Arrivals and failures over time. */
    public Timeline timeline() {
        return timeline;
    }

    /** What was counted so far. */
    public Column column() {
        long[] sorted = Arrays.copyOf(latencies, succeeded);
        Arrays.sort(sorted);
        List<Failures> rows = new ArrayList<>();
        for (Phase phase : Phase.values()) {
            for (Acknowledged acknowledged : Acknowledged.values()) {
                long count = failures[phase.ordinal()][acknowledged.ordinal()];
                if (count > 0) {
                    rows.add(new Failures(phase.label(), acknowledged.label(), count));
                }
            }
        }
        rows.sort((a, b) -> Long.compare(b.count(), a.count()));
        return new Column(
                calls, succeeded, attempts, percentile(sorted, 0.5), percentile(sorted, 0.99), duplicateTokens, rows);
    }

    /** The smallest value that is not below this share of the values, in milliseconds. */
    private static double percentile(long[] sorted, double share) {
        if (sorted.length == 0) {
            return 0;
        }
        int index = (int) Math.ceil(share * sorted.length) - 1;
        return Math.round(sorted[Math.max(0, index)] / 1e4) / 100.0;
    }
}
