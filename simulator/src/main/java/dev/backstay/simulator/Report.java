package dev.backstay.simulator;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The league as files: a table and a chart per scenario, and one page over all of them.
 *
 * @param scenarios in this order
 * @param contenders in this order
 * @param played all that was played
 * @param command what made it, for whoever wants to make it again
 */
public record Report(
        List<Scenario> scenarios, List<League.Contender> contenders, List<League.Played> played, String command) {

    /** A larger distance to the oracle than this needs a reason: points of success, and share of attempts. */
    private static final double POINTS = 1;

    private static final double ATTEMPTS = 0.05;

    /** The files, by their names. */
    public Map<String, String> files() {
        List<Row> rows = played.stream().map(League.Played::row).toList();
        Map<String, String> files = new LinkedHashMap<>();
        Map<Scenario, LeagueTable> tables = new LinkedHashMap<>();
        for (Scenario scenario : scenarios) {
            LeagueTable table = LeagueTable.of(scenario, rows);
            tables.put(scenario, table);
            files.put(scenario.name() + ".txt", table.text());
            files.put(scenario.name() + ".svg", chart(table));
        }
        files.put("report.md", page(tables));
        return files;
    }

    /** Backstay above the best of the others, in the first world. */
    private String chart(LeagueTable table) {
        Map<String, Pulse> panels = new LinkedHashMap<>();
        panels.put("Backstay", pulse(table, League.BACKSTAY));
        String best = bestPeer(table);
        panels.put("the best of the others: " + best, pulse(table, best));
        return new PulseChart(table.scenario().name() + ": " + table.scenario().title(), panels).svg();
    }

    private Pulse pulse(LeagueTable table, String policy) {
        return played.stream()
                .filter(each -> each.row().policy().equals(policy)
                        && each.row().scenario().equals(table.scenario().name()))
                .map(League.Played::pulse)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("a report needs " + policy + " to have played"));
    }

    private static String bestPeer(LeagueTable table) {
        return table.byPolicy().entrySet().stream()
                .filter(entry -> League.isOther(entry.getKey()))
                .max(Comparator.comparingDouble(
                        entry -> LeagueTable.success(entry.getValue()).mean()))
                .map(Map.Entry::getKey)
                .orElseThrow(() -> new IllegalArgumentException("a report needs somebody to compare with"));
    }

    private String page(Map<Scenario, LeagueTable> tables) {
        int seeds =
                (int) played.stream().map(each -> each.row().seed()).distinct().count();
        StringBuilder page = new StringBuilder("# The league\n\n");
        page.append("""
                What Backstay and what people use today make of the same trouble. Everybody meets the same arrivals, faults and
                service times, in virtual time. Made by

                    %s

                %d seeds each; success is their mean, and +/- is four standard errors of it: a run over other seeds stays inside.
                All other figures are medians. The oracle knows when each fault begins and ends and how long each answer takes,
                so it sends only what will succeed, once, and never waits longer than it must; nobody who has to find out can be
                better than it, and few can be as good.

                """.formatted(command, seeds));
        page.append("## Success, in percent\n\n").append(matrix(tables)).append('\n');
        page.append("## Backstay beside the oracle and the best of the others\n\n")
                .append(ours(tables))
                .append('\n');
        page.append("## Where Backstay is further from the oracle than ")
                .append(LeagueTable.number(POINTS, 0))
                .append(" point or ")
                .append(LeagueTable.number(100 * ATTEMPTS, 0))
                .append(" % of its attempts, and why\n\n")
                .append(gaps(tables))
                .append('\n');
        page.append("## Who plays\n\n").append(who()).append('\n');
        page.append("## The scenarios\n\n");
        tables.forEach((scenario, table) -> page.append(section(scenario, table)));
        return page.toString();
    }

    private String matrix(Map<Scenario, LeagueTable> tables) {
        StringBuilder text = new StringBuilder("| |");
        contenders.forEach(
                contender -> text.append(' ').append(contender.name()).append(" |"));
        text.append("\n|---|").append("---:|".repeat(contenders.size())).append('\n');
        tables.forEach((scenario, table) -> {
            text.append("| [")
                    .append(scenario.name())
                    .append("](#")
                    .append(scenario.name())
                    .append(") |");
            table.byPolicy().forEach((policy, rows) -> {
                String success = LeagueTable.number(LeagueTable.success(rows).mean(), 2);
                text.append(' ')
                        .append(policy.equals(League.BACKSTAY) ? "**" + success + "**" : success)
                        .append(" |");
            });
            text.append('\n');
        });
        return text.toString();
    }

    private static String ours(Map<Scenario, LeagueTable> tables) {
        StringBuilder text =
                new StringBuilder("| | success % | +/- | of the oracle % | best of the others | attempts per call"
                        + " | oracle's | p99 s | 429s per call | tokens in vain per call | recovered |\n"
                        + "|---|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|\n");
        tables.forEach((scenario, table) -> {
            List<Row> ours = rows(table, League.BACKSTAY);
            String best = bestPeer(table);
            Estimate success = LeagueTable.success(ours);
            text.append(List.of(
                            scenario.name(),
                            LeagueTable.number(success.mean(), 2),
                            LeagueTable.number(success.margin(), 2),
                            LeagueTable.number(
                                    Estimate.of(ours, Row::oraclePercent).mean(), 2),
                            best + " "
                                    + LeagueTable.number(
                                            LeagueTable.success(rows(table, best))
                                                    .mean(),
                                            2),
                            LeagueTable.number(Estimate.median(ours, Row::attemptsPerCall), 3),
                            LeagueTable.number(Estimate.median(rows(table, League.ORACLE), Row::attemptsPerCall), 3),
                            LeagueTable.number(Estimate.median(ours, Row::p99Millis) / 1e3, 2),
                            LeagueTable.number(Estimate.median(ours, Row::rejectedPerCall), 4),
                            LeagueTable.number(Estimate.median(ours, Row::duplicateTokensPerCall), 1),
                            LeagueTable.recovered(ours))
                    .stream()
                    .collect(Collectors.joining(" | ", "| ", " |\n")));
        });
        return text.toString();
    }

    private static String gaps(Map<Scenario, LeagueTable> tables) {
        StringBuilder text = new StringBuilder();
        tables.forEach((scenario, table) -> {
            List<Row> ours = rows(table, League.BACKSTAY);
            List<Row> best = rows(table, League.ORACLE);
            double points =
                    LeagueTable.success(best).mean() - LeagueTable.success(ours).mean();
            double attempts = Estimate.median(ours, Row::attemptsPerCall);
            double fewest = Estimate.median(best, Row::attemptsPerCall);
            if (points > POINTS || attempts > fewest * (1 + ATTEMPTS)) {
                text.append("* **").append(scenario.name()).append("** (");
                text.append(LeagueTable.number(points, 2)).append(" points, ");
                text.append(LeagueTable.number(attempts, 3)).append(" attempts per call against ");
                text.append(LeagueTable.number(fewest, 3)).append("): ");
                text.append(GapReasons.of(scenario).orElse("not explained yet."))
                        .append('\n');
            }
        });
        return text.toString();
    }

    private String who() {
        StringBuilder text = new StringBuilder("| | | whose code runs |\n|---|---|---|\n");
        contenders.forEach(contender -> text.append("| ")
                .append(String.join(" | ", contender.name(), contender.title(), contender.source()))
                .append(" |\n"));
        return text.toString();
    }

    private static String section(Scenario scenario, LeagueTable table) {
        return "### " + scenario.name() + "\n\n```\n" + table.text() + "```\n\n![" + scenario.name() + " over time]("
                + scenario.name() + ".svg)\n\n";
    }

    private static List<Row> rows(LeagueTable table, String policy) {
        List<Row> rows = table.byPolicy().get(policy);
        if (rows == null) {
            throw new IllegalArgumentException("a report needs " + policy + " to have played");
        }
        return rows;
    }
}
