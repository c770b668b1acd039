package dev.backstay.gateway.keys;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How much of its limits a key has used. Rates are token buckets: they fill steadily, and hold ten seconds' worth of requests and a
 * minute's worth of tokens. Thread-safe.
 */
public final class Allowance {

    /** Not now. */
    public record Refusal(String code, String message, Duration retryAfter) {}

    private static final double MINUTE_NANOS = 60e9;
    private static final double BURST_MINUTES = 1.0 / 6;
    private static final Duration SOON = Duration.ofSeconds(1);

    private int running;
    private double requests = Double.MAX_VALUE;
    private double tokens = Double.MAX_VALUE;
    private long filledNanos;
    private LocalDate day = LocalDate.EPOCH;
    private long usedToday;

    /**
     * A call wants to begin. If it may, it must {@link #leave} exactly once.
     *
     * @param promptTokens about how many tokens its prompt has
     */
    public synchronized Optional<Refusal> enter(KeyLimits limits, long promptTokens, long nowNanos, Instant now) {
        fill(limits, nowNanos);
        turn(now);
        Refusal refusal = refusal(limits, now);
        if (refusal == null) {
            running++;
            requests -= 1;
            tokens -= promptTokens;
        }
        return Optional.ofNullable(refusal);
    }

    private @Nullable Refusal refusal(KeyLimits limits, Instant now) {
        if (limits.concurrent() != null && running >= limits.concurrent()) {
            return new Refusal(
                    "too_many_at_once", "this key has " + running + " calls running, as many as it may", SOON);
        }
        if (limits.requestsPerMinute() != null && requests < 1) {
            return new Refusal(
                    "too_many_requests",
                    "this key may begin " + limits.requestsPerMinute() + " calls a minute",
                    until(1 - requests, limits.requestsPerMinute()));
        }
        if (limits.tokensPerMinute() != null && tokens <= 0) {
            return new Refusal(
                    "too_many_tokens",
                    "this key may use " + limits.tokensPerMinute() + " tokens a minute",
                    until(1 - tokens, limits.tokensPerMinute()));
        }
        if (limits.tokensPerDay() != null && usedToday >= limits.tokensPerDay()) {
            return new Refusal(
                    "daily_budget_spent",
                    "this key has used its " + limits.tokensPerDay()
                            + " tokens of the day; the next begins at midnight UTC",
                    Duration.between(
                            now, day.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant()));
        }
        return null;
    }

    private static Duration until(double missing, long perMinute) {
        return Duration.ofNanos((long) Math.ceil(missing * MINUTE_NANOS / perMinute));
    }

    private void fill(KeyLimits limits, long nowNanos) {
        double minutes = (nowNanos - filledNanos) / MINUTE_NANOS;
        filledNanos = nowNanos;
        if (limits.requestsPerMinute() != null) {
            double most = Math.max(1, limits.requestsPerMinute() * BURST_MINUTES);
            requests = Math.min(most, requests + minutes * limits.requestsPerMinute());
        }
        if (limits.tokensPerMinute() != null) {
            tokens = Math.min(limits.tokensPerMinute(), tokens + minutes * limits.tokensPerMinute());
        }
    }

    private void turn(Instant now) {
        LocalDate today = now.atOffset(ZoneOffset.UTC).toLocalDate();
        if (!today.equals(day)) {
            day = today;
            usedToday = 0;
        }
    }

    /**
     * A call that had begun is over.
     *
     * @param promptTokens what {@link #enter} was told
     * @param used tokens of prompt and answer
     */
    public synchronized void leave(long promptTokens, long used, Instant now) {
        turn(now);
        running--;
        tokens -= used - promptTokens;
        usedToday += used;
    }

    /** Tokens used since midnight UTC. */
    public synchronized long usedToday(Instant now) {
        turn(now);
        return usedToday;
    }

    /** Calls that run now. */
    public synchronized int running() {
        return running;
    }

    /** Goes on with what was used before a restart. */
    public synchronized void resume(LocalDate of, long used, Instant now) {
        turn(now);
        if (of.equals(day)) {
            usedToday += used;
        }
    }
}
