package dev.backstay.simulator;

import dev.backstay.core.Failure;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The retry loop of the provider's guide ("Reliability and Error Handling", {@code call_with_retry}): five tries of 429,
 * 500, 502, 503 and 504 after 1 s doubling plus up to a second; no connection errors, no hints. Written as there it wraps a
 * client that retries on its own, so each of its tries is up to three.
 */
final class SpecRules implements RetryRules {

    private static final int TRIES = 5;

    private final @Nullable SdkRules inner;
    private int tries;
    private int innerTries;

    /** @param inner what the wrapped client does on its own, or null if that was switched off */
    SpecRules(@Nullable SdkRules inner) {
        this.inner = inner;
    }

    @Override
    public long afterFailure(Failure failure, int attempts, RandomGenerator random, long nowNanos) {
        innerTries++;
        if (inner != null) {
            long delay = inner.afterFailure(failure, innerTries, random, nowNanos);
            if (delay != STOP) {
                return delay;
            }
        }
        innerTries = 0;
        tries++;
        if (tries == TRIES || !isRetried(failure.status())) {
            return STOP;
        }
        return (long) ((Math.pow(2, tries - 1) + random.nextDouble()) * 1e9);
    }

    private static boolean isRetried(int status) {
        return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
    }
}
