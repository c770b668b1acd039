package dev.backstay.wire;

import java.text.ParsePosition;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalQueries;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The three date forms of HTTP (RFC 9110 section 5.6.7), as servers really write them.
 *
 * <p>Lenient where it is harmless, as OkHttp is: other zones than GMT are understood, text after a complete date is
 * ignored. A date without seconds or without a zone is not a date. The asctime form is always GMT.
 */
final class HttpDate {

    /** Longer values are not dates. */
    private static final int LENGTH_LIMIT = 64;

    private static final int CENTURY_STARTS = 1970;

    private static final List<DateTimeFormatter> FORMS = List.of(
            form("EEE, dd MMM uuuu HH:mm:ss z"),
            rfc850("EEEE, dd-MMM-", true),
            rfc850("EEEE, dd-MMM-", false),
            form("EEE MMM d HH:mm:ss uuuu"),
            form("EEE MMM  d HH:mm:ss uuuu"));

    private HttpDate() {}

    /** The moment that this text names; empty if it names none. Never throws. */
    static Optional<Instant> parse(String text) {
        if (text.length() > LENGTH_LIMIT) {
            return Optional.empty();
        }
        for (DateTimeFormatter form : FORMS) {
            Optional<Instant> instant = parse(form, text);
            if (instant.isPresent()) {
                return instant;
            }
        }
        return Optional.empty();
    }

    private static Optional<Instant> parse(DateTimeFormatter form, String text) {
        try {
            TemporalAccessor parsed = form.parse(text, new ParsePosition(0));
            ZoneId zone = parsed.query(TemporalQueries.zone());
            return Optional.of(LocalDateTime.from(parsed)
                    .atZone(zone == null ? ZoneOffset.UTC : zone)
                    .toInstant());
        } catch (DateTimeException notThisForm) {
            return Optional.empty();
        }
    }

    private static DateTimeFormatter form(String pattern) {
        return new DateTimeFormatterBuilder()
                .parseCaseInsensitive()
                .appendPattern(pattern)
                .toFormatter(Locale.US);
    }

    private static DateTimeFormatter rfc850(String start, boolean fourDigits) {
        DateTimeFormatterBuilder builder =
                new DateTimeFormatterBuilder().parseCaseInsensitive().appendPattern(start);
        if (fourDigits) {
            builder.appendValue(ChronoField.YEAR, 4);
        } else {
            builder.appendValueReduced(ChronoField.YEAR, 2, 2, CENTURY_STARTS);
        }
        return builder.appendPattern(" HH:mm:ss z").toFormatter(Locale.US);
    }
}
