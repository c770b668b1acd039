package dev.backstay.wire;

import dev.backstay.core.FailureKind;
import java.util.Optional;

/**
 * What makes an answer that is whole of no use.
 *
 * @param generated whether there is anything in it that a model made
 * @param completionTokens how many tokens the server counted
 * @param openArguments whether the arguments of a tool call are only the beginning of a JSON document
 * @param choices how many answers were asked for; the reason is that of the last one
 * @param reason why it ended
 */
record Flaw(boolean generated, long completionTokens, boolean openArguments, int choices, String reason) {

    private static final String CUT_BY_LIMIT = "length";

    /** How an answer of this endpoint failed, if it did. */
    Optional<FailureKind> of(Endpoint endpoint) {
        boolean nothing = switch (endpoint) {
            case CHAT_COMPLETIONS, COMPLETIONS ->
                !generated && completionTokens == 0 && FinishReason.explainsNothing(reason);
            case EMBEDDINGS -> !generated;
            default -> false;
        };
        if (nothing) {
            return Optional.of(FailureKind.EMPTY_ANSWER);
        }
        return openArguments && choices == 1 && !reason.equals(CUT_BY_LIMIT)
                ? Optional.of(FailureKind.BROKEN_TOOL_CALL)
                : Optional.empty();
    }
}
