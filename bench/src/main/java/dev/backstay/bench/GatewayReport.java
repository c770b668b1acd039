package dev.backstay.bench;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The figures as a table for people. */
final class GatewayReport {

    private record Column(String title, String figure, String format) {}

    private static final List<Column> COLUMNS = List.of(
            new Column("µs CPU/request", GatewayScore.CPU_PER_REQUEST, "%.1f"),
            new Column("requests/s", GatewayScore.REQUESTS_PER_SECOND, "%,.0f"),
            new Column("p50 ms at the rate", GatewayScore.P50_MILLIS, "%.2f"),
            new Column("p99 ms", GatewayScore.P99_MILLIS, "%.2f"),
            new Column("% of a core", GatewayScore.CORE_PERCENT, "%.1f"),
            new Column("µs CPU/event", GatewayScore.CPU_PER_EVENT, "%.1f"),
            new Column("late p99 ms", GatewayScore.LATE_P99_MILLIS, "%.2f"),
            new Column("failed", GatewayScore.FAILED, "%.0f"),
            new Column("lost", GatewayScore.LOST, "%.0f"),
            new Column("idle MiB", GatewayScore.IDLE_MIB, "%.0f"),
            new Column("ready s", GatewayScore.READY_SECONDS, "%.2f"));

    private static final int CHART_WIDTH = 60;
    private static final String[] EIGHTHS = {"▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};

    private GatewayReport() {}

    static void write(Collection<GatewayScore> scores, Map<String, String> notHere, GatewayBenchOptions options) {
        StringBuilder text = new StringBuilder("| gateway |");
        COLUMNS.forEach(column -> text.append(' ').append(column.title).append(" |"));
        text.append("\n|---|").append("---:|".repeat(COLUMNS.size())).append('\n');
        for (GatewayScore score : scores) {
            text.append("| ").append(score.name()).append(" |");
            COLUMNS.forEach(column -> text.append(' ')
                    .append(show(score.median(column.figure), column.format))
                    .append(" |"));
            text.append('\n');
        }
        ratios(scores, text);
        for (int streams : options.manyStreams()) {
            many(scores, streams, text);
        }
        chart(scores, "µs of CPU per request", GatewayScore.CPU_PER_REQUEST, text);
        chart(scores, "µs of CPU per streamed event", GatewayScore.CPU_PER_EVENT, text);
        chart(scores, "MiB resident, idle", GatewayScore.IDLE_MIB, text);
        notHere.forEach((name, why) ->
                text.append("\nSkipped: ").append(name).append(", ").append(why).append('\n'));
        System.out.print(text);
    }

    private static void ratios(Collection<GatewayScore> scores, StringBuilder text) {
        Optional<GatewayScore> ours =
                scores.stream().filter(score -> score.name().equals("backstay")).findAny();
        if (ours.isEmpty()) {
            return;
        }
        text.append(
                "\n| Backstay's CPU, as a multiple of | per request | at the rate | per event |\n|---|---:|---:|---:|\n");
        for (GatewayScore score : scores) {
            if (score != ours.get() && !score.name().equals("direct")) {
                text.append("| ").append(score.name()).append(" |");
                for (String figure :
                        List.of(GatewayScore.CPU_PER_REQUEST, GatewayScore.CORE_PERCENT, GatewayScore.CPU_PER_EVENT)) {
                    text.append(' ')
                            .append(show(ours.get().ratio(figure, score), "%.2f"))
                            .append(" |");
                }
                text.append('\n');
            }
        }
    }

    private static void many(Collection<GatewayScore> scores, int streams, StringBuilder text) {
        String of = GatewayScore.of(streams);
        text.append(String.format(
                Locale.ROOT,
                "%n| %,d streams, an event a second each | KiB resident per stream | late p99 ms | lost |%n|---|---:|---:|---:|%n",
                streams));
        for (GatewayScore score : scores) {
            if (score.median(GatewayScore.LOST + of).isPresent()) {
                text.append("| ").append(score.name()).append(" | ");
                text.append(show(score.median(GatewayScore.STREAM_KIB + of), "%.1f"))
                        .append(" | ");
                text.append(show(score.median(GatewayScore.LATE_P99_MILLIS + of), "%.2f"))
                        .append(" | ");
                text.append(show(score.median(GatewayScore.LOST + of), "%.0f")).append(" |\n");
            }
        }
    }

    private static void chart(Collection<GatewayScore> scores, String title, String figure, StringBuilder text) {
        double largest = scores.stream()
                .flatMap(score -> score.median(figure).stream())
                .max(Double::compare)
                .orElse(0.0);
        if (largest == 0) {
            return;
        }
        text.append("\n```text\n").append(title).append('\n');
        for (GatewayScore score : scores) {
            score.median(figure).ifPresent(value -> {
                int eighths = (int) Math.max(1, Math.round(value / largest * CHART_WIDTH * EIGHTHS.length));
                text.append(String.format(
                        Locale.ROOT,
                        "%-22s%s %,.1f%n",
                        score.name(),
                        EIGHTHS[EIGHTHS.length - 1].repeat((eighths - 1) / EIGHTHS.length)
                                + EIGHTHS[(eighths - 1) % EIGHTHS.length],
                        value));
            });
        }
        text.append("```\n");
    }

    private static String show(Optional<Double> value, String format) {
        return value.map(number -> String.format(Locale.ROOT, format, number)).orElse("");
    }
}
