package dev.backstay.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TimeZone;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RetryAfterTest {

    private static final Instant NOW = Instant.ofEpochSecond(1_696_004_797);

    static List<String[]> vectors() {
        return Vectors.rows("retry-after-vectors.csv");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("vectors")
    void reads_what_servers_send(String header, String value, String seconds) {
        assertThat(RetryAfter.parse(Headers.of(Map.of(header, value)), NOW))
                .isEqualTo(
                        seconds.equals("none")
                                ? Optional.empty()
                                : Optional.of(Duration.ofNanos(Math.round(Double.parseDouble(seconds) * 1e9))));
    }

    /** As Google (llxprt-code#813), OpenAI, Groq and Azure say it in bodies. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "{'error':{'code':429,'details':[{'@type':'x.RetryInfo','retryDelay':'4s'}]}} | 4000",
                "[{'error':{'code':429,'message':'quota','details':[{'a':[1]},{'retryDelay':'4.25s'}]}}] | 4250",
                "{'error':{'details':[{'retryDelay':'soon'}],'message':'m'}} | none",
                "{'error':{'message':'Rate limit reached. Please try again in 20s.'}} | 20000",
                "{'error':{'message':'Limit 3 / min. Please try again in 6m0s. Visit x'}} | 360000",
                "{'error':{'message':'Please try again in 7.66s. Need more?'}} | 7660",
                "{'error':{'message':'Please try again in 120ms'}} | 120",
                "{'error':{'message':'Please retry after 6 seconds.'}} | 6000",
                "{'error':{'message':'Please retry in 1h2m3s'}} | 3723000",
                "{'error':{'message':'Please try again in a moment'}} | none",
                "{'error':{'message':'Please try again in 2 meters'}} | none",
                "{'message':'retry in 99999999999999999999s'} | none",
                "[] | none"
            })
    void reads_what_stands_in_bodies(String body, String millis) {
        byte[] bytes = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        assertThat(ErrorBody.parse(bytes, bytes.length)
                        .hint()
                        .map(Duration::toMillis)
                        .map(String::valueOf)
                        .orElse("none"))
                .isEqualTo(millis);
    }

    @Test
    void milliseconds_go_before_seconds() {
        Headers both = Headers.of(Map.of("retry-after-ms", "250", "retry-after", "30"));
        assertThat(RetryAfter.parse(both, NOW)).contains(Duration.ofMillis(250));
    }

    @Test
    void junk_milliseconds_do_not_hide_the_seconds() {
        Headers both = Headers.of(Map.of("retry-after-ms", "nan", "retry-after", "30"));
        assertThat(RetryAfter.parse(both, NOW)).contains(Duration.ofSeconds(30));
    }

    @Test
    void a_date_is_measured_against_the_servers_own_clock() {
        Headers skewed = Headers.of(
                Map.of("date", "Fri, 29 Sep 2023 17:00:00 GMT", "retry-after", "Fri, 29 Sep 2023 17:00:20 GMT"));
        assertThat(RetryAfter.parse(skewed, NOW)).contains(Duration.ofSeconds(20));
    }

    static List<String[]> dates() {
        return Vectors.rows("http-date-vectors.csv");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("dates")
    void reads_all_forms_of_dates(String text, String millis) {
        assertThat(HttpDate.parse(text)
                        .map(Instant::toEpochMilli)
                        .map(String::valueOf)
                        .orElse("none"))
                .isEqualTo(millis);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("dates")
    void the_machines_zone_and_language_change_nothing(String text, String millis) {
        TimeZone zone = TimeZone.getDefault();
        Locale locale = Locale.getDefault();
        try {
            TimeZone.setDefault(TimeZone.getTimeZone("America/Los_Angeles"));
            Locale.setDefault(Locale.JAPAN);
            reads_all_forms_of_dates(text, millis);
        } finally {
            TimeZone.setDefault(zone);
            Locale.setDefault(locale);
        }
    }
}
