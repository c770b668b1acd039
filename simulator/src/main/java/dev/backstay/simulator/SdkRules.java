package dev.backstay.simulator;

import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * What the official OpenAI SDKs do: a number of retries of 408, 409, 429, 5xx and connection errors, after 0.5 s doubling
 * to 8 s less up to a quarter. They differ in how they read the server's hint.
 *
 * <p>Sources: openai-python {@code _base_client.py}; openai-java 4.100.0 {@code RetryingHttpClient}.
 *
 * @param retries after the first try; 2 by default
 * @param dialect whose reading of hints
 */
record SdkRules(int retries, Dialect dialect) implements RetryRules {

    /** How hints are read. */
    enum Dialect {
        /** Exactly, if at most 120 s; a longer one is no hint at all. */
        PYTHON(Duration.ofSeconds(120), false),
        /** Clamped to 8 s. */
        JAVA(Duration.ofSeconds(8), true);

        private final Duration longest;
        private final boolean clamps;

        Dialect(Duration longest, boolean clamps) {
            this.longest = longest;
            this.clamps = clamps;
        }
    }

    static final int DEFAULT_RETRIES = 2;

    private static final double FIRST_SECONDS = 0.5;
    private static final double LAST_SECONDS = 8;
    private static final double JITTER = 0.25;

    @Override
    public long afterFailure(Failure failure, int attempts, RandomGenerator random, long nowNanos) {
        if (attempts > retries || !isRetried(failure)) {
            return STOP;
        }
        Optional<Duration> hint = failure.hint();
        if (hint.isPresent() && (dialect.clamps || hint.get().compareTo(dialect.longest) <= 0)) {
            return micros(Math.min(hint.get().toNanos(), dialect.longest.toNanos()));
        }
        double seconds = Math.min(LAST_SECONDS, FIRST_SECONDS * Math.pow(2, attempts - 1));
        return micros(seconds * (1 - JITTER * random.nextDouble()) * 1e9);
    }

    /** Rounded to whole microseconds, in nanoseconds. */
    private static long micros(double nanos) {
        return Math.round(nanos / 1e3) * 1_000;
    }

    /** A body that is not JSON, or only half of it, is an error there but no reason to try again. */
    private static boolean isRetried(Failure failure) {
        if (failure.status() != Failure.NO_STATUS) {
            return failure.again().orElse(RetryRules.isTransient(failure));
        }
        return RetryRules.isTransient(failure)
                && failure.kind() != FailureKind.MALFORMED_ANSWER
                && failure.kind() != FailureKind.STREAM_TRUNCATED
                && failure.kind() != FailureKind.STREAM_ERROR;
    }
}
