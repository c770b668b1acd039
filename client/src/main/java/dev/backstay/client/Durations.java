package dev.backstay.client;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: {@code 500ms}, {@code 90s}, {@code 2m}, {@code 1h}, {@code 7d}, or plain seconds. */
public final class Durations {

    /** What is expected, for messages. */
    public static final String EXPECTED = "expected a time like 500ms, 90s, 2m, 1h or 7d";

    private static final Pattern FORM = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)\\s*(ms|s|m|h|d)?");

    private Durations() {}

    /** The duration that this text names; empty if it names none. */
    public static Optional<Duration> parse(String text) {
        Matcher matcher = FORM.matcher(text.strip());
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String unit = matcher.group(2) == null ? "s" : matcher.group(2);
        double nanos = switch (unit) {
            case "ms" -> 1e6;
            case "m" -> 60e9;
            case "h" -> 3600e9;
            case "d" -> 86_400e9;
            default -> 1e9;
        };
        return Optional.of(Duration.ofNanos((long) (Double.parseDouble(matcher.group(1)) * nanos)));
    }
}
