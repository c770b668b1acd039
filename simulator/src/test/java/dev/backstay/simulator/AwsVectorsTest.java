package dev.backstay.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The AWS emulations against what the AWS SDKs' own tests assert. Where the SDK for Java, which is emulated, does otherwise
 * than the shared specification, the constants of the specification are given to the same code.
 */
class AwsVectorsTest {

    /** What the older specification says; the SDK for Java begins at 100 ms. */
    private static final long BASE_MILLIS_2_0 = 1_000;

    /** Draws the end of the range, as a jitter of 1 does. */
    private static final RandomGenerator FULL = new RandomGenerator() {
        @Override
        public long nextLong() {
            return Long.MAX_VALUE;
        }

        @Override
        public double nextDouble() {
            return 1;
        }
    };

    static List<List<CSVRecord>> traces() {
        Map<String, List<CSVRecord>> cases = new LinkedHashMap<>();
        for (CSVRecord row : rows("aws-retry-traces.csv")) {
            cases.computeIfAbsent(row.get("case"), name -> new ArrayList<>()).add(row);
        }
        return cases.values().stream()
                .filter(rows -> rows.stream().noneMatch(AwsVectorsTest::differsInJava))
                .toList();
    }

    /** The SDK for Java has no price of its own for timeouts, and its older mode takes the longer of pause and hint. */
    private static boolean differsInJava(CSVRecord row) {
        return row.get("event").equals("TIMEOUT") || row.get("case").equals("v20RetryAfterCappedAtMaxBackoff");
    }

    @ParameterizedTest
    @MethodSource("traces")
    void traces_of_the_shared_specification(List<CSVRecord> trace) {
        CSVRecord head = trace.get(0);
        boolean of2026 = head.get("spec").equals("2.1");
        AwsRules.Quota quota = new AwsRules.Quota(number(head, "capacity"));
        AwsRules.Version version = new AwsRules.Version(
                number(head, "maxAttempts"),
                of2026 ? AwsRules.Version.V2_1.baseMillis() : BASE_MILLIS_2_0,
                number(head, "maxBackoffMs"),
                of2026 ? AwsRules.Version.V2_1.cost() : AwsRules.Version.V2_0.cost(),
                of2026);
        AwsRules rules = new AwsRules(version, quota, null);
        String call = head.get("call");
        for (CSVRecord row : trace) {
            if (!row.get("call").equals(call)) {
                call = row.get("call");
                rules = new AwsRules(version, quota, null);
            }
            String what = row.get("case") + ", call " + call + ", attempt " + row.get("attempt");
            if (row.get("event").equals("SUCCESS")) {
                rules.succeeded(0);
            } else {
                long delay = rules.afterFailure(failure(row), number(row, "attempt"), FULL, 0);
                boolean again = row.get("outcome").equals("RETRY");
                assertThat(delay != RetryRules.STOP).as(what).isEqualTo(again);
                if (again && !row.get("delayMs").isEmpty()) {
                    assertThat(delay).as(what).isEqualTo(number(row, "delayMs") * 1_000_000L);
                }
            }
            if (!row.get("quotaAfter").isEmpty()) {
                assertThat(quota.units()).as(what).isEqualTo(number(row, "quotaAfter"));
            }
        }
    }

    @Test
    void there_are_traces_of_both_specifications() {
        assertThat(traces()).hasSizeGreaterThan(20);
    }

    static List<CSVRecord> sequences() {
        return rows("aws-retry-sequences.csv");
    }

    @ParameterizedTest
    @MethodSource("sequences")
    void sequences_of_answers_leave_this_much_of_the_quota(CSVRecord row) {
        AwsRules.Quota quota = new AwsRules.Quota(AwsRules.Quota.CAPACITY);
        AwsRules rules = new AwsRules(AwsRules.Version.V2_1, quota, null);
        boolean granted = true;
        int attempt = 1;
        for (char status : expanded(row.get("statuses")).toCharArray()) {
            if (status == 'S') {
                rules.succeeded(0);
                rules = new AwsRules(AwsRules.Version.V2_1, quota, null);
                attempt = 1;
                granted = true;
            } else {
                Failure failure = answered(status == 'R' ? 500 : status == 'H' ? 429 : 400);
                granted = rules.afterFailure(failure, attempt, FULL, 0) != RetryRules.STOP;
                attempt++;
            }
        }
        assertThat(granted).isEqualTo(Boolean.parseBoolean(row.get("lastRefreshAllowed")));
        assertThat(quota.units()).isEqualTo(number(row, "capacityRemaining"));
    }

    /** "(R R S)x34 R R" in single letters. */
    private static String expanded(String statuses) {
        Matcher group = Pattern.compile("\\(([^)]*)\\)x(\\d+)").matcher(statuses);
        return group.replaceAll(match -> match.group(1).repeat(Integer.parseInt(match.group(2))))
                .replace(" ", "");
    }

    @ParameterizedTest
    @MethodSource("botocore")
    void pauses_and_hints_as_in_python(CSVRecord row) {
        boolean hinted = row.get("group").equals("RETRY_AFTER");
        boolean of2026 = !row.get("group").equals("BACKOFF_2_0");
        AwsRules.Version version =
                new AwsRules.Version(100, of2026 ? 50 : BASE_MILLIS_2_0, 20_000, of2026 ? 14 : 5, of2026);
        AwsRules.Quota quota = new AwsRules.Quota(AwsRules.Quota.CAPACITY);
        AwsRules rules = new AwsRules(version, quota, null);
        Failure failure = answered(500);
        if (hinted && row.get("input").matches("\\d+")) {
            failure = failure.withServerWish(Optional.of(Duration.ofMillis(number(row, "input"))), Optional.empty());
        }
        long delay = rules.afterFailure(failure, hinted ? 1 : number(row, "input"), FULL, 0);
        assertThat(delay / 1e9).isCloseTo(Double.parseDouble(row.get(hinted ? "second" : "first")), within(1e-9));
        if (hinted) {
            assertThat(quota.units()).isEqualTo(number(row, "first"));
            rules.succeeded(0);
            assertThat(quota.units()).isEqualTo(number(row, "third"));
        }
    }

    static List<CSVRecord> botocore() {
        return rows("botocore.csv");
    }

    @Test
    void cubic_growth() {
        double maxRate = 10;
        double throttled = 5;
        double rate = 7;
        String set = "";
        for (CSVRecord row : rows("aws-cubic.csv")) {
            if (!row.get("set").equals(set)) {
                set = row.get("set");
                maxRate = 10;
                throttled = 5;
            }
            double now = Double.parseDouble(row.get("seconds"));
            if (row.get("event").equals("T")) {
                maxRate = rate;
                throttled = now;
                rate *= 0.7;
            } else {
                rate = AwsRateLimiter.cubic(maxRate, now - throttled);
            }
            assertThat(rate)
                    .as(set + " " + row.get("step"))
                    .isCloseTo(Double.parseDouble(row.get("rate")), within(1e-9));
        }
    }

    @Test
    void the_rate_limiter_over_seventeen_sends() {
        AwsRateLimiter limiter = new AwsRateLimiter(0);
        for (CSVRecord row : rows("aws-rate-limiter.csv")) {
            long now = Math.round(Double.parseDouble(row.get("seconds")) * 1e9);
            limiter.join(() -> {}, now);
            limiter.update(Boolean.parseBoolean(row.get("throttled")), now);
            assertThat(limiter.measuredRate())
                    .as("measured, step " + row.get("step"))
                    .isCloseTo(Double.parseDouble(row.get("measuredTxRate")), within(1e-6));
            assertThat(limiter.fillRate())
                    .as("fill rate, step " + row.get("step"))
                    .isCloseTo(Double.parseDouble(row.get("fillRateFull")), within(1e-9));
        }
    }

    private static Failure failure(CSVRecord row) {
        Failure failure = answered(
                switch (row.get("event")) {
                    case "THROTTLE" -> 429;
                    case "NONRETRYABLE" -> 400;
                    default -> 500;
                });
        return row.get("retryAfterMs").isEmpty()
                ? failure
                : failure.withServerWish(Optional.of(Duration.ofMillis(number(row, "retryAfterMs"))), Optional.empty());
    }

    private static Failure answered(int status) {
        return Failure.answered(FailureKind.SERVER_ERROR, status, "");
    }

    private static int number(CSVRecord row, String column) {
        return Integer.parseInt(row.get(column));
    }

    private static List<CSVRecord> rows(String name) {
        CSVFormat format = CSVFormat.DEFAULT
                .builder()
                .setDelimiter(';')
                .setCommentMarker('#')
                .setHeader()
                .setSkipHeaderRecord(true)
                .get();
        try (Reader text = new InputStreamReader(
                AwsVectorsTest.class.getResourceAsStream("/vectors/" + name), StandardCharsets.UTF_8)) {
            return format.parse(text).getRecords();
        } catch (IOException broken) {
            throw new AssertionError(name, broken);
        }
    }
}
