package dev.backstay.core;

import java.util.Locale;
import java.util.Optional;

/**
 * What if a stream breaks after its first event?
 *
 * <pre>
 *            the caller gets           a break in the middle
 *   LIVE     each event as it comes    fails visibly, with what was delivered
 *   WHOLE    complete answers only     is asked again from the start; nothing was delivered, tokens are billed twice
 *   RESUME   each event as it comes    is continued from where it broke, at most {@value #MAX_SEAMS} times, where the
 *                                      target can; the prompt is billed again, what was generated is not
 * </pre>
 */
public enum StreamPolicy {
    LIVE,
    WHOLE,
    RESUME;

    /** Continuations of one answer, at most: each seam is a place where a model may lose its thread. */
    public static final int MAX_SEAMS = 2;

    /** The word used in headers, settings and metrics. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The policy with this {@linkplain #label() word}, in any case. */
    public static Optional<StreamPolicy> named(String label) {
        for (StreamPolicy policy : values()) {
            if (policy.label().equalsIgnoreCase(label.strip())) {
                return Optional.of(policy);
            }
        }
        return Optional.empty();
    }

    /** Whether the caller has each event as it comes. */
    boolean deliversEarly() {
        return this != WHOLE;
    }

    /** Whether a call that has delivered something, and broke so often by now, may go on where it broke. */
    boolean mayContinue(Target target, int breaks) {
        return this == RESUME && target.resumes() && breaks <= MAX_SEAMS;
    }
}
