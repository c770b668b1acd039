package dev.backstay.diagnosis;

import dev.backstay.core.FailureKind;

/**
 * Attempts that were lost in one way.
 *
 * <p>Immutable.
 *
 * @param kind how
 * @param phase where
 * @param attempts how many
 * @param fromMs the beginning of the first minute in which one was lost so, in milliseconds since 1970
 * @param untilMs the end of the last
 */
public record Losses(FailureKind kind, String phase, long attempts, long fromMs, long untilMs) {}
