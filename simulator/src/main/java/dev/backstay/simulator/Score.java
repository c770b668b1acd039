package dev.backstay.simulator;

import dev.backstay.core.Result;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** Watches one policy in one scenario and says how it did. Not thread-safe. */
final class Score implements Receiver {

    private static final long SECOND = 1_000_000_000L;
    private static final int WINDOW_SECONDS = 5;
    private static final double RECOVERED = 0.95;

    private final Scenario scenario;
    private final List<Load.Arrival> arrivals;
    private final List<Ending> endings = new ArrayList<>();
    private final DoubleSupplier limit;
    private final Pulse pulse;
    private int attempts;
    private int attemptsLater;

    Score(Scenario scenario, List<Load.Arrival> arrivals, DoubleSupplier limit) {
        this.scenario = scenario;
        this.limit = limit;
        this.arrivals = arrivals;
        this.pulse = new Pulse();
        arrivals.forEach(arrival -> pulse.offered(arrival.atNanos()));
    }

    @Override
    public void sent(long nowNanos) {
        pulse.attempted(nowNanos, limit.getAsDouble());
        attemptsLater += nowNanos >= SECOND ? 1 : 0;
    }

    @Override
    public void ended(Ending how) {
        endings.add(how);
        attempts += how.attempts();
        if (how.result().succeeded()) {
            pulse.succeeded(how.endedNanos());
        }
    }

    /** What happened when. */
    Pulse pulse() {
        return pulse;
    }

    int succeeded() {
        return (int) endings.stream().filter(each -> each.result().succeeded()).count();
    }

    Row row(String policy, long seed, int oracleSucceeded) {
        long[] latencies = sorted(true, false);
        long[] firstTokens = sorted(true, true);
        long[] failTimes = sorted(false, false);
        double seconds = Math.max(1, scenario.load().endNanos() / 1e9);
        long goodTokens = endings.stream()
                .filter(each -> each.result().succeeded())
                .mapToLong(each -> ((Result.Succeeded) each.result()).usage().completionTokens() + each.resumedTokens())
                .sum();
        return new Row(
                scenario.name(),
                policy,
                seed,
                arrivals.size(),
                succeeded(),
                oracleSucceeded,
                attempts,
                rounded(goodTokens / seconds),
                millis(latencies, 0.5),
                millis(latencies, 0.99),
                millis(firstTokens, 0.99),
                millis(failTimes, 0.5),
                endings.stream().mapToInt(Ending::rejected).sum(),
                endings.stream().mapToLong(Ending::billedInVain).sum(),
                recoveredAfterSeconds(),
                rounded(minuteAfterPercent()),
                collateral(),
                Math.round(10_000.0 * attemptsLater / Math.max(1, arrivals.size())) / 10_000.0,
                rounded(fairness()));
    }

    private long[] sorted(boolean successes, boolean firstTokens) {
        return endings.stream()
                .filter(each -> each.result().succeeded() == successes)
                .mapToLong(each -> firstTokens ? each.firstEventNanos() - each.arrivedNanos() : each.latencyNanos())
                .sorted()
                .toArray();
    }

    /** The smallest value that is not below this share of the values. */
    private static double millis(long[] sorted, double share) {
        if (sorted.length == 0) {
            return 0;
        }
        int index = (int) Math.ceil(share * sorted.length) - 1;
        return Math.round(sorted[Math.max(0, index)] / 1e4) / 100.0;
    }

    private @Nullable Double recoveredAfterSeconds() {
        if (scenario.trouble().isEmpty()) {
            return 0.0;
        }
        long end = scenario.trouble().get().toNanos();
        int windows = (int) Math.max(1, (scenario.load().endNanos() - end) / (WINDOW_SECONDS * SECOND));
        int[] came = new int[windows];
        int[] served = new int[windows];
        for (Ending ending : endings) {
            long window = Math.floorDiv(ending.arrivedNanos() - end, WINDOW_SECONDS * SECOND);
            if (window >= 0 && window < windows) {
                came[(int) window]++;
                served[(int) window] += ending.result().succeeded() ? 1 : 0;
            }
        }
        int good = windows;
        while (good > 0 && served[good - 1] >= RECOVERED * came[good - 1]) {
            good--;
        }
        return good == windows ? null : (double) good * WINDOW_SECONDS;
    }

    private double minuteAfterPercent() {
        if (scenario.trouble().isEmpty()) {
            return 100;
        }
        long end = scenario.trouble().get().toNanos();
        List<Ending> after = endings.stream()
                .filter(each -> each.arrivedNanos() >= end + 20 * SECOND && each.arrivedNanos() < end + 80 * SECOND)
                .toList();
        long good = after.stream().filter(each -> each.result().succeeded()).count();
        return after.isEmpty() ? 100 : 100.0 * good / after.size();
    }

    private int collateral() {
        return scenario.trouble()
                .map(trouble -> (int) endings.stream()
                        .filter(each -> each.arrivedNanos() >= trouble.toNanos()
                                && !each.result().succeeded())
                        .count())
                .orElse(0);
    }

    /** Jain's index of the shares that clients got of what an equal division would give them, at most what they asked for. */
    private double fairness() {
        int clients = scenario.load().clients();
        double[] asked = new double[clients];
        double[] got = new double[clients];
        for (Ending ending : endings) {
            int client = arrivals.get((int) ending.number()).client();
            asked[client]++;
            got[client] += ending.result().succeeded() ? 1 : 0;
        }
        double[] fair = fairShares(asked, Arrays.stream(got).sum());
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < clients; i++) {
            double share = fair[i] == 0 ? 1 : got[i] / fair[i];
            sum += share;
            squares += share * share;
        }
        return squares == 0 ? 1 : sum * sum / (clients * squares);
    }

    /** Max-min: nobody gets more than asked, the rest is divided equally. */
    private static double[] fairShares(double[] asked, double total) {
        double[] fair = new double[asked.length];
        double left = total;
        boolean more = true;
        while (more && left > 1e-6) {
            long open = 0;
            for (int i = 0; i < asked.length; i++) {
                open += fair[i] < asked[i] ? 1 : 0;
            }
            more = open > 0;
            double each = more ? left / open : 0;
            for (int i = 0; i < asked.length; i++) {
                double give = Math.min(each, asked[i] - fair[i]);
                fair[i] += give;
                left -= give;
            }
        }
        return fair;
    }

    private static double rounded(double value) {
        return Math.round(value * 1_000) / 1_000.0;
    }
}
