package dev.backstay.wire;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * Any API that speaks OpenAI's protocol. Status first, then the body, and never the body's {@code type}.
 *
 * <p>Sources: [O] OpenAI, "Error codes" guide; [S] the official SDKs (`openai-python` `_base_client.py`, `_should_retry`:
 * 408, 409, 429 and 5xx again, {@code x-should-retry} overrides); [A] Anthropic, "Errors": 529 overloaded; [C] Cloudflare,
 * "5xx errors": 520 to 527 come from the edge; [V] vLLM and what is made of it; [B] a body captured in the field.
 */
public final class OpenAiClassifier implements Classifier {

    /** The edge answered and not the API, so nobody knows whether the API saw the request [C]. */
    private static final int EDGE_FIRST = 520;

    private static final int EDGE_LAST = 527;

    @Override
    public Failure classify(Refusal refusal) {
        return finish(kind(refusal.status(), refusal.body()), refusal);
    }

    /** The kind by status, then by body. */
    static FailureKind kind(int status, ErrorBody body) {
        return switch (status) {
            case 400, 413, 422 -> tooLong(body) ? FailureKind.PROMPT_TOO_LONG : FailureKind.BAD_REQUEST;
            case 401, 403 -> FailureKind.UNAUTHORIZED; // [O]
            case 402, 412 -> FailureKind.ACCOUNT_BLOCKED; // [O]
            case 404 -> FailureKind.NOT_FOUND; // [O]
            case 408 -> FailureKind.SERVER_TIMEOUT; // [S]
            case 409, 425 -> FailureKind.NOT_READY; // [S] a lock that another request holds
            case 429 ->
                body.code().equals("insufficient_quota") // [O] the month's money is spent: waiting does not help
                        ? FailureKind.ACCOUNT_BLOCKED
                        : FailureKind.RATE_LIMITED;
            case 500 -> FailureKind.SERVER_ERROR; // [O]
            case 502, 520, 521, 523, 525, 526, 527 -> FailureKind.BAD_GATEWAY; // [C]
            case 503, 529 -> FailureKind.OVERLOADED; // [O] [A]
            case 504, 522, 524 -> FailureKind.SERVER_TIMEOUT; // [C]
            default -> status >= 500 ? FailureKind.SERVER_ERROR : FailureKind.BAD_REQUEST;
        };
    }

    /** Another model may take it; whatever else is wrong with a request is wrong everywhere. */
    private static boolean tooLong(ErrorBody body) {
        return body.code().equals("context_length_exceeded") // [O]
                || body.message().contains("prompt is too long") // [A] and Fireworks [B]
                || body.message().contains("maximum context length"); // [V]
    }

    /** The kind, with what the server said about it. */
    static Failure finish(FailureKind kind, Refusal refusal) {
        int status = refusal.status();
        if (status / 100 == 3) {
            return Failure.answered(FailureKind.BAD_REQUEST, status, elsewhere(refusal.headers()));
        }
        boolean edge = refusal.body().html() || status >= EDGE_FIRST && status <= EDGE_LAST;
        return Failure.answered(kind, status, refusal.body().message())
                .withServerWish(hint(refusal), shouldRetry(refusal.headers()))
                .withAcknowledged(edge && status >= 500 ? Acknowledged.UNKNOWN : Acknowledged.YES);
    }

    /** Without its query, which may be a signature, and without what may stand before the host, which may be a key. */
    private static String elsewhere(Headers headers) {
        String where = headers.first("location")
                .map(to -> to.replaceAll("[?#].*", "").replaceAll("//[^/@]*@", "//"))
                .orElse("a place that it does not name");
        return "the URL of the API is wrong: it leads to " + where;
    }

    private static Optional<Duration> hint(Refusal refusal) {
        return RetryAfter.parse(refusal.headers(), refusal.now())
                .or(() -> refusal.body().hint());
    }

    /** [S] A server that knows better says so. */
    private static Optional<Boolean> shouldRetry(Headers headers) {
        return headers.first("x-should-retry")
                .flatMap(text -> switch (text.strip().toLowerCase(Locale.ROOT)) {
                    case "true" -> Optional.of(true);
                    case "false" -> Optional.of(false);
                    default -> Optional.empty();
                });
    }
}
