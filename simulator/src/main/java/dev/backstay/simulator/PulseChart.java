package dev.backstay.simulator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A scenario over time, a panel per policy: calls offered, attempts sent, calls that succeeded, and what the limits allowed.
 *
 * @param title above the chart
 * @param byPolicy what happened, in the order of the panels
 * @param trouble shaded, if it is only for a while
 */
record PulseChart(String title, Map<String, Pulse> byPolicy, Optional<Scenario.Trouble> trouble) {

    private static final int WIDTH = 860;
    private static final int PANEL = 130;
    private static final int LEFT = 50;
    private static final int TOP = 66;
    private static final int GAP = 40;
    private static final int RIGHT = 12;
    private static final int BOTTOM = 6;
    private static final int POINTS = 200;
    private static final int TIME_MARKS = 10;

    /** More than this many times what was offered is cut off; a limit so high is not drawn. */
    private static final double HIGHEST = 4;

    private static final String OFFERED = "#c9d3dc";
    private static final String TROUBLED = "#fbeee0";
    private static final String ATTEMPTS = "#d1495b";
    private static final String SUCCEEDED = "#2e7d4f";
    private static final String ALLOWED = "#3a6ea5";

    /** The picture. */
    String svg() {
        int seconds = byPolicy.values().stream()
                .mapToInt(pulse -> Math.max(pulse.offered().length, pulse.succeeded().length))
                .max()
                .orElse(1);
        int step = Math.max(1, (seconds + POINTS - 1) / POINTS);
        double offered = byPolicy.values().stream()
                .flatMapToDouble(pulse -> Arrays.stream(means(pulse.offered(), step)))
                .max()
                .orElse(1);
        double busiest = byPolicy.values().stream()
                .flatMapToDouble(pulse -> Arrays.stream(means(pulse.attempted(), step)))
                .max()
                .orElse(1);
        double most = Math.ceil(Math.max(offered, Math.min(busiest, HIGHEST * offered)) * 1.05);
        boolean limited = byPolicy.values().stream().anyMatch(pulse -> isDrawn(means(pulse.allowed(), step), most));
        Svg svg = new Svg(WIDTH, TOP + byPolicy.size() * (PANEL + GAP) + BOTTOM);
        svg.words(LEFT, 18, "start", title);
        legend(svg, step, limited, trouble.isPresent());
        int top = TOP;
        for (Map.Entry<String, Pulse> policy : byPolicy.entrySet()) {
            panel(svg, top, policy.getKey(), policy.getValue(), step, seconds, most);
            top += PANEL + GAP;
        }
        return svg.finish();
    }

    private static void legend(Svg svg, int step, boolean limited, boolean troubled) {
        List<List<String>> entries = new ArrayList<>(List.of(
                List.of(OFFERED, "calls offered"),
                List.of(ATTEMPTS, "attempts sent"),
                List.of(SUCCEEDED, "calls succeeded")));
        if (limited) {
            entries.add(List.of(ALLOWED, "limit (dashed)"));
        }
        if (troubled) {
            entries.add(List.of(TROUBLED, "trouble"));
        }
        int x = LEFT;
        for (List<String> each : entries) {
            svg.rect(x, 28, 10, 10, each.get(0));
            svg.words(x + 14, 37, "start", each.get(1));
            x += 125;
        }
        svg.words(WIDTH - RIGHT, 37, "end", "per second" + (step == 1 ? "" : ", means of " + step + " s"));
    }

    private static boolean isDrawn(double[] allowed, double most) {
        return Arrays.stream(allowed).max().orElse(0) < HIGHEST * most;
    }

    private void panel(Svg svg, int top, String name, Pulse pulse, int step, int seconds, double most) {
        double[] attempts = means(pulse.attempted(), step);
        double peak = Arrays.stream(attempts).max().orElse(0);
        String cut = peak > most ? String.format(Locale.ROOT, "; attempts are cut off, their peak is %.0f", peak) : "";
        svg.words(LEFT, top - 6, "start", name + cut);
        svg.words(LEFT - 6, top + 5, "end", String.format(Locale.ROOT, "%.0f", most));
        svg.words(LEFT - 6, top + PANEL, "end", "0");
        double width = (double) (WIDTH - LEFT - RIGHT) / seconds;
        trouble.ifPresent(when -> svg.rect(
                LEFT + when.fromNanos() / 1e9 * width,
                top,
                (when.toNanos() - when.fromNanos()) / 1e9 * width,
                PANEL,
                TROUBLED));
        double[] offered = means(pulse.offered(), step);
        for (int i = 0; i < offered.length; i++) {
            double tall = PANEL * Math.min(1, offered[i] / most);
            svg.rect(LEFT + i * step * width, top + PANEL - tall, step * width, tall, OFFERED);
        }
        double[] allowed = means(pulse.allowed(), step);
        if (isDrawn(allowed, most)) {
            curve(svg, allowed, top, step * width, most, ALLOWED, true);
        }
        curve(svg, attempts, top, step * width, most, ATTEMPTS, false);
        curve(svg, means(pulse.succeeded(), step), top, step * width, most, SUCCEEDED, false);
        svg.line(LEFT, top + PANEL, WIDTH - RIGHT, top + PANEL, "#5b6770");
        timeAxis(svg, top + PANEL, seconds);
    }

    private static void curve(
            Svg svg, double[] values, int top, double width, double most, String color, boolean dashed) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < values.length; i++) {
            double y = top + PANEL * (1 - Math.min(1, values[i] / most));
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", LEFT + (i + 0.5) * width, y));
        }
        if (values.length > 0) {
            svg.polyline(points.toString().strip(), color, dashed);
        }
    }

    private static void timeAxis(Svg svg, int y, int seconds) {
        double minutes = seconds / 60.0;
        double step = Math.max(1, Math.ceil(minutes / TIME_MARKS));
        for (double minute = 0; minute <= minutes; minute += step) {
            double x = LEFT + (WIDTH - LEFT - RIGHT) * minute / minutes;
            svg.words(x, y + 15, x > WIDTH - LEFT ? "end" : "middle", String.format(Locale.ROOT, "%.0f min", minute));
        }
    }

    private static double[] means(double[] perSecond, int step) {
        double[] means = new double[(perSecond.length + step - 1) / step];
        for (int i = 0; i < perSecond.length; i++) {
            means[i / step] += perSecond[i] / Math.min(step, perSecond.length - i / step * step);
        }
        return means;
    }
}
