package dev.backstay.simulator;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/**
 * How everybody did in one scenario: a line per policy, medians over the seeds, and the range where it matters.
 *
 * @param scenario the scenario
 * @param byPolicy its rows, in the order of the league
 */
public record LeagueTable(Scenario scenario, Map<String, List<Row>> byPolicy) {

    private static final String LINE = "%-22s %8s %15s %7s %7s %8s %8s %8s %8s %8s %9s %7s%n";

    /** The table of this scenario from all rows. */
    public static LeagueTable of(Scenario scenario, List<Row> rows) {
        Map<String, List<Row>> byPolicy = new LinkedHashMap<>();
        for (Row row : rows) {
            if (row.scenario().equals(scenario.name())) {
                byPolicy.computeIfAbsent(row.policy(), policy -> new ArrayList<>())
                        .add(row);
            }
        }
        return new LeagueTable(scenario, byPolicy);
    }

    /** For people. */
    public String text() {
        StringBuilder text = new StringBuilder(scenario.name())
                .append(": ")
                .append(scenario.title())
                .append("\n\n");
        text.append(String.format(
                Locale.ROOT,
                LINE,
                "",
                "success",
                "(least..most)",
                "oracle",
                "att/c",
                "p50 s",
                "p99 s",
                "ttft99",
                "fail s",
                "429/c",
                "dup tok/c",
                "recov"));
        byPolicy.forEach((policy, rows) -> text.append(line(policy, rows)));
        return text.toString();
    }

    private static String line(String policy, List<Row> rows) {
        return String.format(
                Locale.ROOT,
                LINE,
                policy,
                format("%.2f", median(rows, Row::successPercent)),
                rows.size() == 1 ? "" : format("%.2f", least(rows)) + ".." + format("%.2f", most(rows)),
                format("%.2f", median(rows, LeagueTable::shareOfOracle)),
                format("%.3f", median(rows, Row::attemptsPerCall)),
                format("%.1f", median(rows, Row::p50Millis) / 1e3),
                format("%.1f", median(rows, Row::p99Millis) / 1e3),
                format("%.2f", median(rows, Row::firstTokenP99Millis) / 1e3),
                format("%.2f", median(rows, Row::failP50Millis) / 1e3),
                format("%.4f", median(rows, row -> (double) row.rejected429() / row.calls())),
                format("%.0f", median(rows, row -> (double) row.duplicateTokens() / row.calls())),
                recovered(rows));
    }

    private static String recovered(List<Row> rows) {
        if (rows.stream().anyMatch(row -> row.recoveredAfterSeconds() == null)) {
            return "never";
        }
        return format("%.0f s", median(rows, row -> Objects.requireNonNull(row.recoveredAfterSeconds())));
    }

    /** Success as a share of what the one who knows the future reaches, in percent. */
    static double shareOfOracle(Row row) {
        return row.oracleSucceeded() == 0 ? 100 : 100.0 * row.succeeded() / row.oracleSucceeded();
    }

    private static double least(List<Row> rows) {
        return rows.stream().mapToDouble(Row::successPercent).min().orElse(0);
    }

    private static double most(List<Row> rows) {
        return rows.stream().mapToDouble(Row::successPercent).max().orElse(0);
    }

    static double median(List<Row> rows, ToDoubleFunction<Row> column) {
        List<Double> sorted = rows.stream()
                .map(column::applyAsDouble)
                .sorted(Comparator.naturalOrder())
                .toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private static String format(String pattern, double value) {
        return String.format(Locale.ROOT, pattern, value);
    }
}
