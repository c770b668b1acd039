package dev.backstay.wire;

import dev.backstay.core.ServerSaid;
import java.util.Optional;

/**
 * What headers say about limits, and how they name the request.
 *
 * <p>Sources: [D] docs.fireworks.ai "Serverless Rate Limits": limits in tokens per minute, one header per meter; sets are
 * incomplete and instances differ. [O] OpenAI "Rate limits" guide: {@code x-ratelimit-limit-requests} and
 * {@code -tokens}, per minute. [F] Fireworks' training SDK: {@code prefill-queue-duration} in seconds, on dedicated
 * deployments, with and without the platform's prefix.
 * {@code x-request-id} is in both APIs' error pages; [A] Anthropic's "Errors" page calls it {@code request-id}.
 */
public final class LimitHeaders {

    private static final String LIMIT = "x-ratelimit-limit-";
    private static final int REQUEST_ID_LIMIT = 128;
    private static final double NANOS = 1e9;
    private static final double LONGEST_SECONDS = 86_400;

    private LimitHeaders() {}

    /** Reads them; what is missing or is no number is not said. */
    public static ServerSaid parse(Headers headers) {
        long prompt = number(headers, LIMIT + "tokens-prompt"); // [D]
        long uncached = number(headers, LIMIT + "tokens-cache-adjusted-prompt"); // [D]
        long generated = number(headers, LIMIT + "tokens-generated"); // [D]
        long requests = number(headers, LIMIT + "requests"); // [O]
        long queue = queueNanos(headers); // [F]
        String requestId = requestId(headers); // [O], [A]
        boolean silent = prompt == ServerSaid.NOTHING
                && uncached == ServerSaid.NOTHING
                && generated == ServerSaid.NOTHING
                && requests == ServerSaid.NOTHING
                && queue == ServerSaid.NOTHING
                && requestId.isEmpty();
        return silent ? ServerSaid.SILENT : new ServerSaid(prompt, uncached, generated, requests, queue, requestId);
    }

    /** A name only: what is long or has other than letters, digits and a few signs between them is none. */
    private static String requestId(Headers headers) {
        String id = headers.first("x-request-id")
                .or(() -> headers.first("request-id"))
                .orElse("");
        return id.length() <= REQUEST_ID_LIMIT && id.chars().allMatch(LimitHeaders::maybeInName) ? id : "";
    }

    private static boolean maybeInName(int letter) {
        return letter >= 'a' && letter <= 'z'
                || letter >= 'A' && letter <= 'Z'
                || letter >= '0' && letter <= '9'
                || letter == '-'
                || letter == '_'
                || letter == '.'
                || letter == ':';
    }

    private static long queueNanos(Headers headers) {
        Optional<String> text =
                headers.first("fireworks-prefill-queue-duration").or(() -> headers.first("prefill-queue-duration"));
        if (text.isEmpty()) {
            return ServerSaid.NOTHING;
        }
        try {
            double seconds = Double.parseDouble(text.get().strip());
            return seconds >= 0 && seconds <= LONGEST_SECONDS ? (long) (seconds * NANOS) : ServerSaid.NOTHING;
        } catch (NumberFormatException notANumber) {
            return ServerSaid.NOTHING;
        }
    }

    private static long number(Headers headers, String name) {
        Optional<String> text = headers.first(name);
        if (text.isEmpty()) {
            return ServerSaid.NOTHING;
        }
        try {
            long value = Long.parseLong(text.get().strip());
            return value > 0 ? value : ServerSaid.NOTHING;
        } catch (NumberFormatException notANumber) {
            return ServerSaid.NOTHING;
        }
    }
}
