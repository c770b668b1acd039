package dev.backstay.wire;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long a server asked us to wait.
 *
 * <p>{@code retry-after-ms} (milliseconds) goes before {@code Retry-After}, which is seconds, whole or not, or a date in
 * one of HTTP's three forms. A date is measured against the answer's own {@code Date}, because two clocks rarely agree;
 * only without one against ours. What is not a positive, finite time is no hint at all: zero, the past, {@code nan},
 * {@code inf}, words. Some say it in the body only: in a field of {@code google.rpc.RetryInfo}, or in the sentence for people.
 *
 * <p>No upper bound is applied here: a server that asks for a day has said something the caller must hear. The retry
 * policy decides what is too long.
 */
public final class RetryAfter {

    /** Values beyond this are reported as this. */
    public static final Duration LONGEST = Duration.ofDays(365);

    private static final String UNITS =
            "(?:(?<h>\\d{1,9}) ?h(?:ours?)?)? ?(?:(?<m>\\d{1,9}) ?m(?:in(?:utes?)?)?(?![a-z]))?"
                    + " ?(?:(?<s>\\d{1,9}(?:\\.\\d{1,9})?) ?s(?:ec(?:onds?)?)?(?![a-z]))?"
                    + " ?(?:(?<ms>\\d{1,9}(?:\\.\\d{1,9})?) ?(?:ms|milliseconds?))?";
    private static final Pattern TIME = Pattern.compile(UNITS);
    private static final Pattern AGAIN_IN =
            Pattern.compile("\\b(?:try again|retry) (?:in|after) " + UNITS, Pattern.CASE_INSENSITIVE);

    private RetryAfter() {}

    /** The hint in these headers, if there is one. Never throws. */
    public static Optional<Duration> parse(Headers headers, Instant now) {
        Optional<Duration> millis = headers.first("retry-after-ms").flatMap(text -> number(text, 1e-3));
        if (millis.isPresent()) {
            return millis;
        }
        return headers.first("retry-after").flatMap(text -> {
            Optional<Duration> seconds = number(text, 1);
            return seconds.isPresent() ? seconds : date(text.strip(), headers, now);
        });
    }

    /** A time as servers write it: {@code 4s}, {@code 1.5s}, {@code 250ms}, {@code 6m0s}, {@code 2 seconds}. */
    static Optional<Duration> time(String text) {
        Matcher said = TIME.matcher(text.strip());
        return said.matches() ? time(said) : Optional.empty();
    }

    /** The time after "try again in", "retry in" or "retry after" in a sentence for people. */
    static Optional<Duration> inWords(String sentence) {
        Matcher said = AGAIN_IN.matcher(sentence);
        return said.find() ? time(said) : Optional.empty();
    }

    private static Optional<Duration> time(Matcher said) {
        double seconds = 60 * (60 * part(said, "h") + part(said, "m")) + part(said, "s") + part(said, "ms") / 1e3;
        return positive(seconds);
    }

    private static double part(Matcher said, String unit) {
        String number = said.group(unit);
        return number == null ? 0 : Double.parseDouble(number);
    }

    private static Optional<Duration> number(String text, double unitSeconds) {
        String plain = text.strip();
        // Double.parseDouble also takes hexadecimal floats and the suffixes d and f, which no server means.
        if (plain.isEmpty()
                || plain.length() > 64
                || !"0123456789+.".contains(plain.substring(0, 1))
                || !Character.isDigit(plain.charAt(plain.length() - 1))
                || plain.contains("x")
                || plain.contains("X")) {
            return Optional.empty();
        }
        try {
            return positive(Double.parseDouble(plain) * unitSeconds);
        } catch (NumberFormatException notANumber) {
            return Optional.empty();
        }
    }

    private static Optional<Duration> date(String text, Headers headers, Instant now) {
        Instant from = headers.first("date").flatMap(HttpDate::parse).orElse(now);
        return HttpDate.parse(text)
                .flatMap(
                        until -> positive((double) Duration.between(from, until).toSeconds()));
    }

    private static Optional<Duration> positive(double seconds) {
        if (Double.isNaN(seconds) || Double.isInfinite(seconds) || seconds <= 0) {
            return Optional.empty();
        }
        return Optional.of(
                seconds >= LONGEST.toSeconds() ? LONGEST : Duration.ofNanos((long) Math.ceil(seconds * 1e9)));
    }
}
