package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;

/** What the account may use: serverless rate limits as they have grown, and quotas. Thread-safe. */
public final class Limits {

    private static final int SECONDS = 60;

    /**
     * A rate limit of a serverless model.
     *
     * @param model which
     * @param what {@code prompt}, {@code uncached prompt}, {@code generated} or the platform's word
     * @param perMinute tokens; the platform says them per second
     */
    public record RateLimit(String model, String what, double perMinute) {}

    /**
     * A quota.
     *
     * @param id which
     * @param value what is allowed
     * @param most what it can be raised to by oneself
     * @param usage what is used
     */
    public record Quota(String id, long value, long most, double usage) {}

    private final ControlPlane control;

    Limits(ControlPlane control) {
        this.control = control;
    }

    /** The rate limits of all models in use. */
    public List<RateLimit> rates() {
        JsonNode answer = control.get("read the rate limits", control.path("serverlessRateLimits"));
        return StreamSupport.stream(answer.path("rateLimits").spliterator(), false)
                .map(row -> new RateLimit(
                        row.path("deployment").asText(),
                        words(row.path("metric").asText()),
                        row.path("effectiveLimit").asDouble() * SECONDS))
                .toList();
    }

    private static String words(String metric) {
        return switch (metric) {
            case "TOKENS_PROMPT" -> "prompt";
            case "TOKENS_CACHE_ADJUSTED_PROMPT", "TOKENS_UNCACHED_PROMPT" -> "uncached prompt";
            case "TOKENS_GENERATED" -> "generated";
            default -> metric.toLowerCase(Locale.ROOT).replace('_', ' ');
        };
    }

    /** The quotas. */
    public List<Quota> quotas() {
        return control.list("read the quotas", control.path("quotas"), "quotas").stream()
                .map(row -> new Quota(
                        Ids.last(row.path("name").asText()),
                        Proto.int64(row.path("value")),
                        Proto.int64(row.path("maxValue")),
                        row.path("usage").asDouble()))
                .toList();
    }
}
