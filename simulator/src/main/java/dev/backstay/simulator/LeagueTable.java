package dev.backstay.simulator;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * How everybody did in one scenario: a line per policy. Success is the mean of the seeds, the rest are their medians.
 *
 * @param scenario the scenario
 * @param byPolicy its rows, in the order of the league
 */
public record LeagueTable(Scenario scenario, Map<String, List<Row>> byPolicy) {

    private static final int NAME_WIDTH = 22;

    /** A column: its head, its width, and what is in it. */
    private record Column(String head, int width, Function<List<Row>, String> cell) {

        String headed() {
            return pad(head);
        }

        String of(List<Row> rows) {
            return pad(cell.apply(rows));
        }

        private String pad(String text) {
            return " ".repeat(Math.max(1, width - text.length())) + text;
        }
    }

    private static final List<Column> COLUMNS = List.of(
            new Column("success %", 11, rows -> number(success(rows).mean(), 2)),
            new Column(
                    "+/-",
                    7,
                    rows -> rows.size() == 1 ? "" : number(success(rows).margin(), 2)),
            new Column(
                    "of oracle",
                    11,
                    rows -> number(Estimate.of(rows, Row::oraclePercent).mean(), 2)),
            new Column("good tok/s", 12, rows -> number(Estimate.median(rows, Row::goodTokensPerSecond), 0)),
            new Column("att/call", 10, rows -> number(Estimate.median(rows, Row::attemptsPerCall), 3)),
            new Column("p50 s", 8, rows -> number(Estimate.median(rows, Row::p50Millis) / 1e3, 2)),
            new Column("p99 s", 8, rows -> number(Estimate.median(rows, Row::p99Millis) / 1e3, 2)),
            new Column("ttft p99 s", 12, rows -> number(Estimate.median(rows, Row::firstTokenP99Millis) / 1e3, 2)),
            new Column("to fail s", 11, rows -> number(Estimate.median(rows, Row::failP50Millis) / 1e3, 2)),
            new Column("429/call", 10, rows -> number(Estimate.median(rows, Row::rejectedPerCall), 4)),
            new Column("dup tok/call", 14, rows -> number(Estimate.median(rows, Row::duplicateTokensPerCall), 1)),
            new Column("recovered", 11, LeagueTable::recovered),
            new Column("collateral", 12, rows -> number(Estimate.median(rows, Row::collateral), 0)));

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
        StringBuilder text = new StringBuilder();
        text.append(scenario.name()).append(": ").append(scenario.title()).append("\n\n");
        text.append(" ".repeat(NAME_WIDTH));
        COLUMNS.forEach(column -> text.append(column.headed()));
        text.append('\n');
        byPolicy.forEach((policy, rows) -> {
            text.append(policy).append(" ".repeat(Math.max(1, NAME_WIDTH - policy.length())));
            COLUMNS.forEach(column -> text.append(column.of(rows)));
            text.append('\n');
        });
        return text.toString();
    }

    /** Success of these seeds, in percent. */
    static Estimate success(List<Row> rows) {
        return Estimate.of(rows, Row::successPercent);
    }

    /** When it had recovered, for people. */
    static String recovered(List<Row> rows) {
        if (rows.stream().anyMatch(row -> row.recoveredAfterSeconds() == null)) {
            return "never";
        }
        double seconds = Estimate.median(rows, row -> Objects.requireNonNull(row.recoveredAfterSeconds()));
        return number(seconds, 0) + " s";
    }

    static String number(double value, int digits) {
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }
}
