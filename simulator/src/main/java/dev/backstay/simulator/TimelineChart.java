package dev.backstay.simulator;

import java.util.Arrays;
import java.util.Locale;

/**
 * Two timelines as one SVG: what arrived, and what failed of it, directly and through Backstay.
 *
 * @param title above the chart
 * @param direct calls without Backstay
 * @param backstay the same calls with it
 */
public record TimelineChart(String title, Timeline direct, Timeline backstay) {

    private static final int WIDTH = 860;
    private static final int PANEL = 120;
    private static final int LEFT = 50;
    private static final int TOP = 66;
    private static final int GAP = 42;
    private static final int RIGHT = 12;
    private static final int BOTTOM = 34;
    private static final int TIME_MARKS = 10;
    private static final String ARRIVED = "#c9d3dc";
    private static final String FAILED = "#d1495b";

    /** The picture. */
    public String svg() {
        int buckets = Math.max(1, Math.max(direct.arrived().length, backstay.arrived().length));
        int most = Math.max(1, Arrays.stream(direct.arrived()).max().orElse(1));
        Svg svg = new Svg(WIDTH, TOP + 2 * PANEL + GAP + BOTTOM);
        svg.words(LEFT, 18, "start", title);
        legend(svg);
        panel(svg, TOP, "direct", direct, buckets, most);
        panel(svg, TOP + PANEL + GAP, "Backstay", backstay, buckets, most);
        timeAxis(svg, TOP + 2 * PANEL + GAP, buckets);
        return svg.finish();
    }

    private static void legend(Svg svg) {
        svg.rect(LEFT, 28, 10, 10, ARRIVED);
        svg.words(LEFT + 14, 37, "start", "calls per " + Timeline.BUCKET_SECONDS + " s");
        svg.rect(LEFT + 130, 28, 10, 10, FAILED);
        svg.words(LEFT + 144, 37, "start", "of these, failed in the end");
    }

    private static void panel(Svg svg, int top, String name, Timeline timeline, int buckets, int most) {
        int[] arrived = timeline.arrived();
        int[] failed = timeline.failed();
        int all = Arrays.stream(failed).sum();
        double width = (double) (WIDTH - LEFT - RIGHT) / buckets;
        svg.words(
                LEFT,
                top - 6,
                "start",
                name + ": " + all + " of " + Arrays.stream(arrived).sum() + " calls failed");
        svg.words(LEFT - 6, top + 10, "end", Integer.toString(most));
        svg.words(LEFT - 6, top + PANEL, "end", "0");
        for (int i = 0; i < arrived.length; i++) {
            double x = LEFT + i * width;
            bar(svg, x, top, width, arrived[i], most, ARRIVED);
            bar(svg, x, top, width, failed[i], most, FAILED);
        }
        svg.line(LEFT, top + PANEL, WIDTH - RIGHT, top + PANEL, "#5b6770");
    }

    private static void bar(Svg svg, double x, int top, double width, int count, int most, String color) {
        if (count > 0) {
            double tall = (double) PANEL * count / most;
            svg.rect(x, top + PANEL - tall, Math.max(0.5, width * 0.9), tall, color);
        }
    }

    private static void timeAxis(Svg svg, int y, int buckets) {
        double minutes = buckets * Timeline.BUCKET_SECONDS / 60.0;
        double step = Math.max(1, Math.ceil(minutes / TIME_MARKS));
        for (double minute = 0; minute <= minutes; minute += step) {
            double x = LEFT + (WIDTH - LEFT - RIGHT) * minute / minutes;
            svg.words(x, y + 18, "middle", String.format(Locale.ROOT, "%.0f min", minute));
        }
    }
}
