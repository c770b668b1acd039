package dev.backstay.simulator;

import java.util.Arrays;
import java.util.Locale;

/**
 * Two timelines as one SVG: what arrived, and what failed of it, directly and through Backstay. Drawn without AWT, so that
 * the same numbers give the same bytes on every machine, with or without fonts.
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
        int height = TOP + 2 * PANEL + GAP + BOTTOM;
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"
                        + "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
                WIDTH,
                height));
        text(svg, LEFT, 18, "start", escape(title));
        legend(svg);
        panel(svg, TOP, "direct", direct, buckets, most);
        panel(svg, TOP + PANEL + GAP, "Backstay", backstay, buckets, most);
        timeAxis(svg, TOP + 2 * PANEL + GAP, buckets);
        return svg.append("</svg>\n").toString();
    }

    private static void legend(StringBuilder svg) {
        rect(svg, LEFT, 28, 10, 10, ARRIVED);
        text(svg, LEFT + 14, 37, "start", "calls per " + Timeline.BUCKET_SECONDS + " s");
        rect(svg, LEFT + 130, 28, 10, 10, FAILED);
        text(svg, LEFT + 144, 37, "start", "of these, failed in the end");
    }

    private static void panel(StringBuilder svg, int top, String name, Timeline timeline, int buckets, int most) {
        int[] arrived = timeline.arrived();
        int[] failed = timeline.failed();
        int all = Arrays.stream(failed).sum();
        double width = (double) (WIDTH - LEFT - RIGHT) / buckets;
        text(
                svg,
                LEFT,
                top - 6,
                "start",
                name + ": " + all + " of " + Arrays.stream(arrived).sum() + " calls failed");
        text(svg, LEFT - 6, top + 10, "end", Integer.toString(most));
        text(svg, LEFT - 6, top + PANEL, "end", "0");
        for (int i = 0; i < arrived.length; i++) {
            double x = LEFT + i * width;
            bar(svg, x, top, width, arrived[i], most, ARRIVED);
            bar(svg, x, top, width, failed[i], most, FAILED);
        }
        svg.append(String.format(
                Locale.ROOT,
                "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#5b6770\"/>\n",
                LEFT,
                top + PANEL,
                WIDTH - RIGHT,
                top + PANEL));
    }

    private static void bar(StringBuilder svg, double x, int top, double width, int count, int most, String color) {
        if (count > 0) {
            double tall = (double) PANEL * count / most;
            rect(svg, x, top + PANEL - tall, Math.max(0.5, width * 0.9), tall, color);
        }
    }

    private static void timeAxis(StringBuilder svg, int y, int buckets) {
        double minutes = buckets * Timeline.BUCKET_SECONDS / 60.0;
        double step = Math.max(1, Math.ceil(minutes / TIME_MARKS));
        for (double minute = 0; minute <= minutes; minute += step) {
            double x = LEFT + (WIDTH - LEFT - RIGHT) * minute / minutes;
            text(svg, x, y + 18, "middle", String.format(Locale.ROOT, "%.0f min", minute));
        }
    }

    private static void rect(StringBuilder svg, double x, double y, double width, double height, String color) {
        svg.append(String.format(
                Locale.ROOT,
                "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\"/>\n",
                x,
                y,
                width,
                height,
                color));
    }

    private static void text(StringBuilder svg, double x, double y, String anchor, String words) {
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#26323a\">%s</text>\n",
                x,
                y,
                anchor,
                words));
    }

    private static String escape(String words) {
        return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
