package dev.backstay.wire;

import java.util.Set;

/** The words in which a model says why an answer ended. */
final class FinishReason {

    /**
     * Words that mean that something went wrong. vLLM ends requests that it gives up with {@code abort} (vllm#57082); DeepSeek has
     * {@code insufficient_system_resource}.
     */
    private static final Set<String> FAILURES =
            Set.of("error", "abort", "aborted", "insufficient_system_resource", "network_error", "server_error");

    /** By far the most frequent one. */
    private static final String USUALLY = "stop";

    /** Words after which something should have been said: anything else explains why there is nothing. */
    private static final Set<String> USUAL = Set.of("", USUALLY, "eos", "end_turn");

    private FinishReason() {}

    /** Whether nothing explains an answer that is empty and ended like this. */
    static boolean explainsNothing(String reason) {
        return USUAL.contains(reason);
    }

    /** Whether an answer that ended like this is none. */
    static boolean isFailure(String reason) {
        return !reason.equals(USUALLY) && (FAILURES.contains(reason) || reason.endsWith("_error"));
    }
}
