package dev.backstay.client;

/**
 * What OpenTelemetry's conventions for generative AI call things. They are in development, and two sets are in the wild.
 *
 * <p>Source: open-telemetry/semantic-conventions up to v1.41 ({@link #LEGACY}), and open-telemetry/semantic-conventions-genai from
 * October 2026 on ({@link #CURRENT}).
 */
public enum GenAiNames {
    /** What Spring AI 2.0 and LangChain4j 1.19 emit. */
    LEGACY("gen_ai.client.operation.duration", "gen_ai.client.operation.time_to_first_chunk"),
    /** What replaced it. */
    CURRENT("gen_ai.client.inference.duration", "gen_ai.client.inference.time_to_first_chunk");

    /** Histogram of tokens; only among the {@link #LEGACY} names. */
    public static final String TOKEN_USAGE = "gen_ai.client.token.usage";

    /** Counters of tokens; only among the {@link #CURRENT} names. */
    public static final String INPUT_TOKENS = "gen_ai.client.inference.usage.input_tokens";

    public static final String OUTPUT_TOKENS = "gen_ai.client.inference.usage.output_tokens";
    public static final String CACHED_TOKENS = "gen_ai.client.inference.usage.cache_read.input_tokens";

    /** The advised bounds of histograms of seconds, and then some: the advice ends at 82 s, and calls may take 30 minutes. */
    public static double[] secondsBuckets() {
        double[] bounds = new double[19];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = 0.01 * (1 << i);
        }
        return bounds;
    }

    /** The advised bounds of histograms of tokens. */
    public static double[] tokenBuckets() {
        double[] bounds = new double[14];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = 1L << 2 * i;
        }
        return bounds;
    }

    private final String duration;
    private final String firstChunk;

    GenAiNames(String duration, String firstChunk) {
        this.duration = duration;
        this.firstChunk = firstChunk;
    }

    /** Histogram of how long calls took, in seconds. */
    public String duration() {
        return duration;
    }

    /** Histogram of how long calls took until the first event of a stream, in seconds. */
    public String firstChunk() {
        return firstChunk;
    }
}
