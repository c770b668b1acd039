package dev.backstay.simulator;

import dev.backstay.core.Request;
import dev.backstay.core.Timeouts;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What people use today, emulated: small, so that it ships. That each decides as the real library does is shown where the
 * real libraries are, in {@code bench}.
 *
 * <p>The clocks of the SDKs are their defaults. The others are libraries around somebody's HTTP client; it is given 10 s to
 * connect and, like most, no useful limit for a silent answer.
 */
public enum Rival {
    NO_RETRIES("one attempt and no more", Clocks.HTTP_CLIENT, true, () -> () -> SimpleRules.NONE),
    SPEC_LOOP("the guide's loop, the SDK's retries off", Clocks.SPEC, false, () -> () -> new SpecRules(null)),
    SPEC_LOOP_NESTED(
            "the guide's loop as written, around the SDK's retries",
            Clocks.SPEC,
            false,
            () -> () -> new SpecRules(new SdkRules(SdkRules.DEFAULT_RETRIES, SdkRules.Dialect.PYTHON))),
    OPENAI_PYTHON(
            "the official SDK for Python, its defaults",
            Clocks.PYTHON_SDK,
            false,
            () -> () -> new SdkRules(SdkRules.DEFAULT_RETRIES, SdkRules.Dialect.PYTHON)),
    OPENAI_JAVA(
            "the official SDK for Java, its defaults",
            Clocks.JAVA_SDK,
            false,
            () -> () -> new SdkRules(SdkRules.DEFAULT_RETRIES, SdkRules.Dialect.JAVA)),
    RESILIENCE4J("Resilience4j retry", Clocks.HTTP_CLIENT, true, () -> () -> SimpleRules.RESILIENCE4J),
    RESILIENCE4J_BREAKER("Resilience4j retry around its breaker", Clocks.HTTP_CLIENT, true, () -> {
        BreakerRules.Breaker breaker = new BreakerRules.Breaker();
        return () -> new BreakerRules(breaker);
    }),
    FAILSAFE("Failsafe retry", Clocks.HTTP_CLIENT, true, () -> () -> SimpleRules.FAILSAFE),
    AWS_STANDARD("AWS SDK standard mode", Clocks.HTTP_CLIENT, true, () -> aws(AwsRules.Version.V2_0, null)),
    AWS_2026(
            "AWS SDK standard mode, constants of 2026",
            Clocks.HTTP_CLIENT,
            true,
            () -> aws(AwsRules.Version.V2_1, null)),
    AWS_ADAPTIVE(
            "AWS SDK adaptive mode",
            Clocks.HTTP_CLIENT,
            true,
            () -> aws(AwsRules.Version.V2_0, new AwsRateLimiter(AwsRateLimiter.UPTIME_SECONDS)));

    /** How patient each is, in seconds. */
    private enum Clocks {
        HTTP_CLIENT(10, 600),
        PYTHON_SDK(5, 600),
        JAVA_SDK(60, 600),
        /** The guide's: {@code httpx.Timeout(connect=10.0, read=1800.0)}. */
        SPEC(10, 1_800);

        private final Timeouts timeouts;

        Clocks(int connectSeconds, int readSeconds) {
            Duration read = Duration.ofSeconds(readSeconds);
            timeouts = new Timeouts(Duration.ofSeconds(connectSeconds), read, read, read, read, read);
        }
    }

    private final String title;
    private final Timeouts timeouts;
    private final boolean restartsStreams;
    private final Supplier<Supplier<RetryRules>> client;

    Rival(String title, Clocks clocks, boolean restartsStreams, Supplier<Supplier<RetryRules>> client) {
        this.title = title;
        this.timeouts = clocks.timeouts;
        this.restartsStreams = restartsStreams;
        this.client = client;
    }

    private static Supplier<RetryRules> aws(AwsRules.Version version, @Nullable AwsRateLimiter limiter) {
        AwsRules.Quota quota = new AwsRules.Quota(AwsRules.Quota.CAPACITY);
        return () -> new AwsRules(version, quota, limiter);
    }

    /** The word for commands and reports. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What it is, in a few words. */
    public String title() {
        return title;
    }

    public static Optional<Rival> named(String label) {
        return Arrays.stream(values())
                .filter(rival -> rival.label().equals(label))
                .findFirst();
    }

    /** All labels, for messages. */
    public static String labels() {
        return Arrays.stream(values()).map(Rival::label).collect(Collectors.joining(", "));
    }

    /**
     * A client of its own.
     *
     * @param attemptTimeout how long its user lets one try wait for an answer, if they said
     */
    public Policy policy(@Nullable Duration attemptTimeout) {
        return policy(client.get(), attemptTimeout);
    }

    /** The same with other rules in the place of the emulation: the real library's. */
    public Policy policy(Supplier<RetryRules> rules, @Nullable Duration attemptTimeout) {
        return arrival -> {
            Request request = arrival.request().with(clocks(attemptTimeout));
            return new RivalLoop(rules.get(), restartsStreams, request, arrival.waker(), arrival.random());
        };
    }

    private Timeouts clocks(@Nullable Duration attemptTimeout) {
        return attemptTimeout == null
                ? timeouts
                : new Timeouts(
                        timeouts.connect(),
                        timeouts.write(),
                        attemptTimeout,
                        attemptTimeout,
                        timeouts.idle(),
                        timeouts.total());
    }
}
