package dev.backstay.core;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * What kind of work a call is, which decides how long it may take.
 *
 * <p>The provider's guide recommends a range of client timeouts per workload. The end of the range is the limit of the
 * call ({@link Timeouts#total}). An answer that is not streamed says nothing while it is made, so its silence proves nothing and it
 * gets all of that ({@link Timeouts#answer}), unless somebody says otherwise. Connect limits cover two lost SYN packets (1 s and 3 s,
 * RFC 6298).
 */
public enum Workload {
    /** A person is waiting. The guide: 30 to 60 s. */
    INTERACTIVE(timeouts(10, 20, 20, 60)),
    /** Tool calls, many steps. The guide: 5 to 30 minutes. */
    AGENTIC(timeouts(10, 60, 30, 1800)),
    /** Large prompts on large models. The guide: 10 to 30 minutes. */
    LONG_CONTEXT(timeouts(30, 180, 60, 1800)),
    /** Handing in a batch whose results come later. The guide: 60 s. */
    BATCH_SUBMIT(timeouts(30, 30, 20, 60));

    /** From this many prompt tokens on, a call without a declared workload counts as {@link #LONG_CONTEXT}. */
    public static final int LONG_CONTEXT_TOKENS = 32_000;

    /** Who allows an answer so many tokens expects it to take minutes. */
    public static final int LONG_ANSWER_TOKENS = 16_000;

    private final Timeouts timeouts;
    private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

    Workload(Timeouts timeouts) {
        this.timeouts = timeouts;
    }

    /** The limits of this workload. */
    public Timeouts timeouts() {
        return timeouts;
    }

    /** The word used in headers, settings and metrics: {@code interactive}, {@code long-context} … */
    public String label() {
        return label;
    }

    /** The workload with this {@linkplain #label() word}, in any case. */
    public static Optional<Workload> named(String label) {
        for (Workload workload : values()) {
            if (workload.label().equalsIgnoreCase(label.strip())) {
                return Optional.of(workload);
            }
        }
        return Optional.empty();
    }

    /**
     * A workload and how it came about, so that an inference is shown and never silent.
     *
     * @param workload the workload
     * @param reason {@link #DECLARED}, {@link #SET}, or what it was inferred from
     */
    public record Choice(Workload workload, String reason) {

        /** The reason of a choice that a call declared. */
        public static final String DECLARED = "declared";

        /** The reason of one that stands in the settings. */
        public static final String SET = "set";

        /** Whether somebody said so. */
        public boolean isSaid() {
            return reason.equals(DECLARED) || reason.equals(SET);
        }
    }

    /**
     * What a call is when nobody said: tools, reasoning and long answers make it agentic, a large prompt long-context.
     *
     * @param reasons whether the model is asked to reason, which it may do in silence
     * @param outputLimit how many tokens the caller allows the answer, or {@link Size#NO_LIMIT}
     */
    public static Choice infer(boolean hasTools, boolean reasons, long promptTokens, long outputLimit) {
        if (hasTools) {
            return new Choice(AGENTIC, "inferred: tools present");
        }
        if (reasons) {
            return new Choice(AGENTIC, "inferred: reasoning");
        }
        if (outputLimit != Size.NO_LIMIT && outputLimit >= LONG_ANSWER_TOKENS) {
            return new Choice(AGENTIC, "inferred: up to " + outputLimit + " tokens");
        }
        if (promptTokens >= LONG_CONTEXT_TOKENS) {
            return new Choice(LONG_CONTEXT, "inferred: about " + promptTokens + " prompt tokens");
        }
        return new Choice(INTERACTIVE, "inferred: no tools, short prompt");
    }

    private static Timeouts timeouts(int write, int firstToken, int idle, int total) {
        return new Timeouts(
                Duration.ofMillis(3_500),
                Duration.ofSeconds(write),
                Duration.ofSeconds(firstToken),
                Duration.ofSeconds(total),
                Duration.ofSeconds(idle),
                Duration.ofSeconds(total));
    }
}
