package dev.backstay.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** What was measured of one gateway: figures by name, one for each round, of which the median counts. */
final class GatewayScore {

    static final String READY_SECONDS = "ready";
    static final String IDLE_MIB = "idle";
    static final String CPU_PER_REQUEST = "cpu/request";
    static final String REQUESTS_PER_SECOND = "requests/s";
    static final String P50_MILLIS = "p50";
    static final String P99_MILLIS = "p99";
    static final String CORE_PERCENT = "core";
    static final String CPU_PER_EVENT = "cpu/event";
    static final String LATE_P99_MILLIS = "late";
    static final String LOST = "lost";
    static final String FAILED = "failed";
    static final String STREAM_KIB = "kib";

    private final String name;
    private final Map<String, List<Double>> figures = new TreeMap<>();

    GatewayScore(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    /** The figure of this name at so many streams. */
    static String of(int streams) {
        return " at " + streams;
    }

    void put(String figure, double value) {
        figures.computeIfAbsent(figure, none -> new ArrayList<>()).add(value);
    }

    /** For figures that add up over the rounds. */
    void add(String figure, long value) {
        List<Double> sum = figures.computeIfAbsent(figure, none -> new ArrayList<>(List.of(0.0)));
        sum.set(0, sum.get(0) + value);
    }

    /** The median over the rounds; empty if it was not measured. */
    Optional<Double> median(String figure) {
        return median(of(figure, this));
    }

    /**
     * This gateway's figure as a multiple of another's: the median of what each round says, because what disturbs one round disturbs
     * both.
     */
    Optional<Double> ratio(String figure, GatewayScore other) {
        List<Double> own = of(figure, this);
        List<Double> others = of(figure, other);
        return median(IntStream.range(0, Math.min(own.size(), others.size()))
                .mapToObj(round -> own.get(round) / others.get(round))
                .toList());
    }

    private static List<Double> of(String figure, GatewayScore score) {
        return score.figures.getOrDefault(figure, List.of());
    }

    private static Optional<Double> median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        sorted.size() % 2 == 1
                                ? sorted.get(middle)
                                : (sorted.get(middle - 1) + sorted.get(middle)) / 2);
    }
}
