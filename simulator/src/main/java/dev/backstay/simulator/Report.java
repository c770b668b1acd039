package dev.backstay.simulator;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

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

    private static final String SOURCES =
            "The table below says whose code plays; an emulation plays as its library does, but with"
                    + " other random draws, so the last digits differ.";

    private static final String FALLS = """
            * **resilience4j-breaker** opens when half of its last 100 attempts failed, and then refuses everything for 60 s: in a
              brownout (`s1-60`), under a limit (`s3`) or with shed load (`s1c`) that is what ends most calls. `s1` has one seed in ten
              in which chance alone opens it.
            * **aws-adaptive** in `s3`: who waits for its rate limiter waits in one line without a bound, and who has given up keeps the
              place. Ten calls a second wait for three, so after a while all who are served came too long ago. Where demand comes in
              bursts (`azure-s3`) the same pacing is the best of the others.
            * **aws-2026** in `s1`: a retry costs 14 of 500 units and a success gives back what it took; at 30 % failures that is gone
              within a minute.
            * **SDKs and loops in `s9`**: each attempt times out after 5 s and is sent again, the server still works on the first, so its
              queue never ends. Backstay is given the same 5 s; its clock has seen the server become slow and waits for it.
            * **everybody in `s5` and `s6`**: their clocks allow a silent server 10 minutes, and the caller 60 s. So does a library around
              an HTTP client without a read timeout, which is what most have.
            * **openai-python, openai-java, spec-loop in `s4` and `truncated`** stream, so what broke after its first token is lost, as it is
              with `backstay-live`. The libraries around whole answers try again, as `backstay` does.
            """;

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
        Scenario scenario = table.scenario();
        return new PulseChart(scenario.name() + ": " + scenario.title(), panels, scenario.trouble()).svg();
    }

    private Pulse pulse(LeagueTable table, String policy) {
        return played.stream()
                .filter(each -> each.row().policy().equals(policy)
                        && each.row().scenario().equals(table.scenario().name()))
                .map(League.Played::pulse)
                .filter(Objects::nonNull)
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
                What Backstay and what people use today make of the same trouble: the same arrivals, faults and service times for
                everybody, in virtual time. Made by

                    %s

                with %s. %s

                The oracle knows when each fault begins and ends and how long each answer takes. It never sends what must fail, and
                never waits longer than it must; nobody who has to find out can be better than it, and few can be as good. Charts
                show the first seed.

                """.formatted(command, seeds == 1 ? "one seed" : seeds + " seeds", SOURCES));
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
        page.append("## Why some of the others fall so far\n\n").append(FALLS).append('\n');
        page.append("## Who plays\n\n").append(who()).append('\n');
        page.append("## The scenarios\n\n").append(LeagueTable.LEGEND).append('\n');
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
                    .append(") ")
                    .append(scenario.title())
                    .append(" |");
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
        StringBuilder text = new StringBuilder("| | success % | +/- | worst seed | of oracle % | best of the others"
                + " | attempts/call | oracle's | p50 s | theirs | p99 s | theirs | 429s/call | dup tok/call | recovered |\n"
                + "|---|---:|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        tables.forEach((scenario, table) -> {
            List<Row> ours = rows(table, League.BACKSTAY);
            String best = bestPeer(table);
            List<Row> theirs = rows(table, best);
            Estimate success = LeagueTable.success(ours);
            text.append(String.join(
                            " | ",
                            "| " + scenario.name(),
                            LeagueTable.number(success.mean(), 2),
                            ours.size() == 1 ? "" : LeagueTable.number(success.margin(), 2),
                            LeagueTable.number(LeagueTable.worst(ours), 2),
                            LeagueTable.number(
                                    Estimate.of(ours, Row::oraclePercent).mean(), 2),
                            best + " "
                                    + LeagueTable.number(
                                            LeagueTable.success(theirs).mean(), 2),
                            LeagueTable.number(Estimate.median(ours, Row::attemptsPerCall), 3),
                            LeagueTable.number(Estimate.median(rows(table, League.ORACLE), Row::attemptsPerCall), 3),
                            LeagueTable.seconds(LeagueTable.succeeding(ours), Row::p50Millis),
                            LeagueTable.seconds(LeagueTable.succeeding(theirs), Row::p50Millis),
                            LeagueTable.seconds(LeagueTable.succeeding(ours), Row::p99Millis),
                            LeagueTable.seconds(LeagueTable.succeeding(theirs), Row::p99Millis),
                            LeagueTable.number(Estimate.median(ours, Row::rejectedPerCall), 4),
                            LeagueTable.number(Estimate.median(ours, Row::duplicateTokensPerCall), 1),
                            scenario.trouble().isPresent() ? LeagueTable.recovered(ours) : "-"))
                    .append(" |\n");
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
