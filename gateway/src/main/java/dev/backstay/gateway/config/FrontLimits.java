package dev.backstay.gateway.config;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What callers may ask of us before a provider is asked anything.
 *
 * @param body the largest request body, in bytes
 * @param head the largest head, in bytes: all header lines together
 * @param connections open at the same time; further ones are closed at once
 * @param headTime from a request's first byte to the end of its head
 * @param bodyTime without a byte of the body
 */
public record FrontLimits(int body, int head, int connections, Duration headTime, Duration bodyTime) {

    private static final int LARGEST_BODY = 1 << 30;
    private static final int LARGEST_HEAD = 1 << 20;
    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final Pattern SIZE = Pattern.compile("(\\d{1,10})\\s*(B|KiB|MiB|GiB)?", Pattern.CASE_INSENSITIVE);

    /** Unless told otherwise. */
    public static final FrontLimits USUAL =
            new FrontLimits(32 << 20, 64 << 10, 20_000, Duration.ofSeconds(10), Duration.ofSeconds(20));

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public FrontLimits {
        between("body", body, 1, LARGEST_BODY);
        between("head", head, 1 << 10, LARGEST_HEAD);
        between("connections", connections, 1, Integer.MAX_VALUE);
        between("head-time", headTime);
        between("body-time", bodyTime);
    }

    private static void between(String setting, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    "limits." + setting + " is " + value + ": it must be from " + least + " to " + most);
        }
    }

    private static void between(String setting, Duration value) {
        if (value.toMillis() < 1 || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("limits." + setting + " is " + value + ": it must be from 1ms to 10m");
        }
    }

    /** A size as people write it: {@code 32MiB}, {@code 64KiB}, or bytes. */
    static int size(String setting, String text) {
        return (int) Math.min(Integer.MAX_VALUE, bytes(setting, text));
    }

    static long bytes(String setting, String text) {
        Matcher matcher = SIZE.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    setting + " is '" + text + "': expected a size like 32MiB, 64KiB or 4096");
        }
        String unit = matcher.group(2) == null ? "B" : matcher.group(2).toUpperCase(Locale.ROOT);
        long factor = switch (unit) {
            case "KIB" -> 1 << 10;
            case "MIB" -> 1 << 20;
            case "GIB" -> 1 << 30;
            default -> 1;
        };
        return Long.parseLong(matcher.group(1)) * factor;
    }
}
