package dev.backstay.rehearsal;

import dev.backstay.rehearsal.AutoscaleDrill.Outcome;
import dev.backstay.rehearsal.AutoscaleDrill.Who;
import dev.backstay.simulator.Svg;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A load that changes, played by everybody who could decide about replicas, as a table and a chart.
 *
 * @param shape how the load changes
 * @param rows what came of each play, in the order of the table; Backstay's is the last
 */
record AutoscaleReport(Shape shape, List<Row> rows) {

    private static final int WIDTH = 860;
    private static final int HEIGHT = 300;
    private static final int LEFT = 40;
    private static final int TOP = 50;
    private static final int BOTTOM = 260;

    /** One play. */
    record Row(Who who, Outcome outcome) {}

    static AutoscaleReport play(Shape shape, long seed) {
        List<Row> rows = Stream.of(Who.values())
                .filter(who -> who != Who.FIXED || shape == Shape.STEP)
                .parallel()
                .map(who -> new Row(who, AutoscaleDrill.play(shape, who, seed)))
                .toList();
        return new AutoscaleReport(shape, rows);
    }

    Outcome ours() {
        return rows.get(rows.size() - 1).outcome;
    }

    Drill.Report report() {
        StringBuilder text = new StringBuilder(shape.label() + ": " + shape.words() + "\n");
        text.append("(answers of 4.5 s, ")
                .append(AutoscaleDrill.PER_REPLICA)
                .append(" at a time on a replica, 120 s to boot one, callers wait 60 s)\n\n");
        text.append(Drill.row(
                "%-28s %9s %8s %8s %14s %10s %8s %6s",
                "", "calls", "failed", "429s %", "replica hours", "of oracle", "changes", "flaps"));
        for (Row row : rows) {
            Outcome each = row.outcome;
            text.append(Drill.row(
                    "%-28s %9d %8d %8.3f %14.1f %10.3f %8d %6d",
                    row.who.words(),
                    each.calls(),
                    each.failed(),
                    each.rejectedPercent(),
                    each.hours(),
                    each.overOracle(),
                    each.changes(),
                    each.flaps()));
        }
        text.append(Drill.row(
                "%-28s %9d %8s %8s %14.1f %10.3f", "an oracle", ours().calls(), "-", "-", ours().oracleHours(), 1.0));
        text.append(
                "\nThe oracle knows every arrival: the replicas that nobody has to wait for, started in time, dropped at once.\n");
        return new Drill.Report(text.toString(), Optional.of(chart(shape, ours())));
    }

    private static String chart(Shape shape, Outcome outcome) {
        Svg svg = new Svg(WIDTH, HEIGHT);
        svg.words(LEFT, 18, "start", shape.words());
        svg.rect(LEFT, 28, 10, 10, "#2e7d4f");
        svg.words(LEFT + 14, 37, "start", "replicas, Backstay");
        svg.rect(LEFT + 160, 28, 10, 10, "#3a6ea5");
        svg.words(LEFT + 174, 37, "start", "what an oracle would have (dashed)");
        int most = Math.max(
                outcome.size().stream().mapToInt(each -> each).max().orElse(1),
                outcome.needed().stream().mapToInt(each -> each).max().orElse(1));
        svg.words(LEFT - 6, TOP + 5, "end", Integer.toString(most));
        svg.words(LEFT - 6, BOTTOM, "end", "0");
        svg.line(LEFT, BOTTOM, WIDTH - 12, BOTTOM, "#5b6770");
        svg.polyline(curve(outcome.needed(), most), "#3a6ea5", true);
        svg.polyline(curve(outcome.size(), most), "#2e7d4f", false);
        for (double hour = 0; hour <= shape.hours(); hour += shape.hours() / 8) {
            double x = LEFT + (WIDTH - 12.0 - LEFT) * hour / shape.hours();
            svg.words(x, BOTTOM + 16, x > WIDTH - 60 ? "end" : "middle", String.format(Locale.ROOT, "%.0f h", hour));
        }
        return svg.finish();
    }

    private static String curve(List<Integer> values, int most) {
        StringBuilder points = new StringBuilder();
        int step = Math.max(1, values.size() / 600);
        for (int i = 0; i < values.size(); i += step) {
            double x = LEFT + (WIDTH - 12.0 - LEFT) * i / values.size();
            double y = BOTTOM - (double) (BOTTOM - TOP) * values.get(i) / most;
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
        }
        return points.toString().strip();
    }
}
