package dev.backstay.diagnosis;

import dev.backstay.ledger.ProviderRate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the provider counted in a window, made of rates that were read now and then.
 *
 * <p>A rate is an average over the minute before it, refreshed twice a minute, so a reading says what happened up to a minute and a half
 * ago. A count is the sum of rates times the time to the reading before (or to the window's beginning). Its error band is what the
 * edges of the window may hide, a minute and a half of the rates there, and 3 % for what changed between two readings.
 *
 * <p>Immutable.
 *
 * @param requests how many it counted
 * @param band by how many that may be wrong, either way
 * @param errors those that it refused, by HTTP status
 * @param readings how many were made
 */
public record ProviderCount(double requests, double band, Map<String, Double> errors, int readings) {

    /** A reading stands for no more than this before it; what lies further back nobody has seen. */
    static final long LONGEST_MS = 120_000;

    private static final double LAG_SECONDS = 90;
    private static final double BETWEEN = 0.03;

    /** Those that were turned away before a replica saw them; whether {@link #requests} has them, too, nobody says. */
    public double turnedAway() {
        return errors.getOrDefault("429", 0.0) + errors.getOrDefault("503", 0.0);
    }

    /**
     * Adds rates up.
     *
     * @param rates of one deployment, in the order in which they were read
     * @return empty if nobody asked the provider in this window
     */
    public static Optional<ProviderCount> of(List<ProviderRate> rates, long fromMs) {
        long before = fromMs;
        long now = Long.MIN_VALUE;
        double seconds = 0;
        double requests = 0;
        List<Double> edges = new ArrayList<>();
        Map<String, Double> errors = new TreeMap<>();
        for (ProviderRate each : rates) {
            if (each.atMs() != now) {
                before = now == Long.MIN_VALUE ? fromMs : now;
                now = each.atMs();
                seconds = Math.min(LONGEST_MS, Math.max(0, now - before)) / 1_000.0;
            }
            if (each.code().equals(ProviderRate.ALL)) {
                requests += each.perSecond() * seconds;
                edges.add(each.perSecond());
            } else {
                errors.merge(each.code(), each.perSecond() * seconds, Double::sum);
            }
        }
        if (edges.isEmpty()) {
            return Optional.empty();
        }
        double band = BETWEEN * requests + LAG_SECONDS * (edges.get(0) + edges.get(edges.size() - 1));
        return Optional.of(new ProviderCount(requests, band, errors, edges.size()));
    }
}
