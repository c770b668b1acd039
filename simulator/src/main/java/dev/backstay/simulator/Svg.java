package dev.backstay.simulator;

import java.util.Locale;

/**
 * A picture in the making. Drawn without AWT, so that the same numbers give the same bytes on every machine, with or without
 * fonts. Not thread-safe.
 */
public final class Svg {

    private final StringBuilder text = new StringBuilder();

    /** An empty picture of this size. */
    public Svg(int width, int height) {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">",
                width, height);
        text.append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    }

    /** A filled rectangle. */
    public void rect(double x, double y, double width, double height, String color) {
        add("<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\"/>", x, y, width, height, color);
    }

    /** A straight line. */
    public void line(double x1, double y1, double x2, double y2, String color) {
        add("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>", x1, y1, x2, y2, color);
    }

    /** A line through points "x,y x,y". */
    public void polyline(String points, String color, boolean dashed) {
        add(
                "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"%s/>",
                points, color, dashed ? " stroke-dasharray=\"5 4\"" : "");
    }

    /** Words at a place; {@code anchor} is start, middle or end. */
    public void words(double x, double y, String anchor, String words) {
        add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#26323a\">%s</text>", x, y, anchor, escape(words));
    }

    /** The whole picture. */
    public String finish() {
        return text.append("</svg>\n").toString();
    }

    private void add(String pattern, Object... values) {
        text.append(String.format(Locale.ROOT, pattern, values)).append('\n');
    }

    private static String escape(String words) {
        return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
