package dev.backstay.simulator;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

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
            new Column("worst", 8, rows -> number(worst(rows), 2)),
            new Column(
                    "of oracle",
                    11,
                    rows -> number(Estimate.of(rows, Row::oraclePercent).mean(), 2)),
            new Column("goodput tok/s", 15, rows -> number(Estimate.median(rows, Row::goodTokensPerSecond), 0)),
            new Column("attempts/call", 15, rows -> number(Estimate.median(rows, Row::attemptsPerCall), 3)),
            new Column("p50 s", 8, rows -> seconds(succeeding(rows), Row::p50Millis)),
            new Column("p99 s", 8, rows -> seconds(succeeding(rows), Row::p99Millis)),
            new Column("ttft p99 s", 12, rows -> seconds(succeeding(rows), Row::firstTokenP99Millis)),
            new Column("fails after s", 15, rows -> seconds(failing(rows), Row::failP50Millis)),
            new Column("429s/call", 11, rows -> number(Estimate.median(rows, Row::rejectedPerCall), 4)),
            new Column("dup tok/call", 14, rows -> number(Estimate.median(rows, Row::duplicateTokensPerCall), 1)));

    private static final List<Column> AFTER_TROUBLE = List.of(
            new Column("recovered", 11, LeagueTable::recovered),
            new Column("collateral", 12, rows -> number(Estimate.median(rows, Row::collateral), 0)));

    private static final List<Column> BETWEEN_CLIENTS =
            List.of(new Column("fairness", 10, rows -> number(Estimate.median(rows, Row::fairness), 3)));

    /** What the columns mean, for people. */
    static final String LEGEND = """
            Success is the mean of the seeds and +/- four standard errors of it, worst the worst seed; all other columns are medians of the
            seeds.

            | column | |
            |---|---|
            | success % | calls that had their whole answer before their deadline |
            | of oracle | success as a share of the oracle's |
            | goodput tok/s | tokens of answers that were complete, per second |
            | attempts/call | attempts per call; the oracle skips what must fail but counts it, as nobody else can skip it |
            | p50 s, p99 s | time to the whole answer, of calls that succeeded |
            | ttft p99 s | time to the first token, of calls that succeeded |
            | fails after s | median time until a call failed |
            | 429s/call | attempts that met a 429, per call |
            | dup tok/call | tokens billed for attempts that gave no answer ("duplicate"), per call |
            | recovered | from the end of the trouble to the moment from which on 95 % of the calls of each 5 s succeed |
            | collateral | calls that arrived after the end of the trouble and failed |
            | fairness | Jain's index of the clients' shares: 1 is equal, 1/n is one client that has all |
            """;

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
        List<Column> columns = columns();
        text.append(" ".repeat(NAME_WIDTH));
        columns.forEach(column -> text.append(column.headed()));
        text.append('\n');
        byPolicy.forEach((policy, rows) -> {
            text.append(policy).append(" ".repeat(Math.max(1, NAME_WIDTH - policy.length())));
            columns.forEach(column -> text.append(column.of(rows)));
            text.append('\n');
        });
        return text.toString();
    }

    private List<Column> columns() {
        List<Column> columns = new ArrayList<>(COLUMNS);
        if (scenario.trouble().isPresent()) {
            columns.addAll(AFTER_TROUBLE);
        }
        if (scenario.load().clients() > 1) {
            columns.addAll(BETWEEN_CLIENTS);
        }
        return columns;
    }

    static double worst(List<Row> rows) {
        return rows.stream().mapToDouble(Row::successPercent).min().orElse(0);
    }

    static List<Row> succeeding(List<Row> rows) {
        return rows.stream().filter(row -> row.succeeded() > 0).toList();
    }

    private static List<Row> failing(List<Row> rows) {
        return rows.stream().filter(row -> row.succeeded() < row.calls()).toList();
    }

    /** A median of milliseconds, or a dash where there is nothing to take it of. */
    static String seconds(List<Row> rows, ToDoubleFunction<Row> millis) {
        return rows.isEmpty() ? "-" : number(Estimate.median(rows, millis) / 1e3, 2);
    }

    /** Success of these seeds, in percent. */
    static Estimate success(List<Row> rows) {
        return Estimate.of(rows, Row::successPercent);
    }

    /** When it had recovered, for people. */
    static String recovered(List<Row> rows) {
        double seconds = Estimate.median(
                rows,
                row -> row.recoveredAfterSeconds() == null ? Double.POSITIVE_INFINITY : row.recoveredAfterSeconds());
        return Double.isInfinite(seconds) ? "never" : number(seconds, 0) + " s";
    }

    static String number(double value, int digits) {
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }
}
