package dev.backstay.core;

/**
 * What an answer will need, from those that came: tokens and time. Not thread-safe; belongs to its {@link Limiter}.
 */
final class Forecast {

    private static final double LEARN = 0.05;

    /** An answer has about so many tokens while nothing is known. */
    private static final double USUAL_OUTPUT = 256;

    /** The usual time and so many mean deviations, as TCP estimates its timeout (RFC 6298). */
    private static final double DEVIATIONS = 3;

    private double usualOutput = USUAL_OUTPUT;
    private double cachedShare;
    private double usualNanos;
    private double deviationNanos;

    /** An answer came whole, after so long. */
    void answered(Usage usage, double tookNanos) {
        deviationNanos += (Math.abs(tookNanos - usualNanos) - deviationNanos) * (usualNanos == 0 ? 0 : LEARN);
        usualNanos += usualNanos == 0 ? tookNanos : (tookNanos - usualNanos) * LEARN;
        if (usage.promptTokens() + usage.completionTokens() > 0) {
            usualOutput += (usage.completionTokens() - usualOutput) * LEARN;
            double cached = usage.promptTokens() == 0 ? 0 : (double) usage.cachedTokens() / usage.promptTokens();
            cachedShare += (cached - cachedShare) * LEARN;
        }
    }

    /** Prompt tokens that will not be found in the cache. */
    double uncached(long promptTokens) {
        return promptTokens * (1 - cachedShare);
    }

    /** Tokens that will be generated, at most what the caller allows. */
    double generated(long outputLimit) {
        return Math.min(outputLimit, usualOutput);
    }

    /** How long an answer takes. */
    double usualNanos() {
        return usualNanos;
    }

    /** How long an answer should be given. */
    long needsNanos() {
        return (long) (usualNanos + DEVIATIONS * deviationNanos);
    }
}
