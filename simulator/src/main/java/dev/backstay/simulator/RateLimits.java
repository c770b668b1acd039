package dev.backstay.simulator;

import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The three meters of one account and model, and what its headers say about them: each answer comes from one of several
 * gateway instances with counters of their own, and says nothing about a meter that this instance has not seen used. So
 * headers are incomplete and not monotonic, as measured on the platform in August 2026.
 */
final class RateLimits {

    private static final int INSTANCES = 3;
    private static final List<String> NAMES = List.of("prompt", "cache-adjusted-prompt", "generated");

    private final TokenMeter[] meters;
    private final TokenMeter[][] views = new TokenMeter[INSTANCES][];

    RateLimits(Script.Limits limits, TokenMeter.Growth growth) {
        meters = meters(limits, growth);
        for (int i = 0; i < INSTANCES; i++) {
            views[i] = meters(limits, growth);
        }
    }

    private static TokenMeter[] meters(Script.Limits limits, TokenMeter.Growth growth) {
        return new TokenMeter[] {
            new TokenMeter(limits.prompt(), growth),
            new TokenMeter(limits.uncachedPrompt(), growth),
            new TokenMeter(limits.generated(), growth)
        };
    }

    /** Takes the prompt's tokens if all three meters allow it. */
    boolean admit(long promptTokens, long nowNanos) {
        if (!meters[0].allows(promptTokens, nowNanos)
                || !meters[1].allows(promptTokens, nowNanos)
                || !meters[2].allows(1, nowNanos)) {
            return false;
        }
        meters[0].take(promptTokens, nowNanos);
        meters[1].take(promptTokens, nowNanos);
        return true;
    }

    /** How many requests of this size a second are admitted in the long run, as far as their prompts are concerned. */
    double callsPerSecond(long promptTokens) {
        return Math.min(meters[0].limitPerMinute(), meters[1].limitPerMinute()) / 60.0 / Math.max(1, promptTokens);
    }

    /** When a request of this size is admitted if nobody else comes. */
    long roomAtNanos(long promptTokens, long nowNanos) {
        return Math.max(
                meters[2].roomAtNanos(1, nowNanos),
                Math.max(meters[0].roomAtNanos(promptTokens, nowNanos), meters[1].roomAtNanos(promptTokens, nowNanos)));
    }

    /** Tokens were generated. */
    void generated(long tokens, long nowNanos) {
        meters[2].take(tokens, nowNanos);
    }

    /** The headers of an answer, as one instance sees it. */
    void describe(long promptTokens, long nowNanos, RandomGenerator random, Map<String, String> headers) {
        TokenMeter[] view = views[random.nextInt(INSTANCES)];
        if (promptTokens > 0) {
            view[0].take(promptTokens, nowNanos);
            view[1].take(promptTokens, nowNanos);
        }
        for (int i = 0; i < NAMES.size(); i++) {
            if (view[i].used() || meters[i].remaining(nowNanos) == 0) {
                headers.put("x-ratelimit-limit-tokens-" + NAMES.get(i), Long.toString(meters[i].limitPerMinute()));
                headers.put("x-ratelimit-remaining-tokens-" + NAMES.get(i), Long.toString(view[i].remaining(nowNanos)));
            }
        }
        headers.put("x-ratelimit-over-limit", "no");
    }
}
