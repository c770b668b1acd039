package dev.backstay.platform;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.TreeMap;

/**
 * What serverless models were used for, by UTC day and model, as {@code billingUsage} tells it: tokens are strings, as int64 is in JSON.
 * Here it is known at once; the platform's lags by a day or more.
 */
final class Bills {

    private static final int LONGEST_DAYS = 31;

    private final Map<LocalDate, Map<String, long[]>> days = new TreeMap<>();

    void add(String model, long promptTokens, long completionTokens, Instant when) {
        long[] used = days.computeIfAbsent(LocalDate.ofInstant(when, ZoneOffset.UTC), fresh -> new TreeMap<>())
                .computeIfAbsent(model, fresh -> new long[2]);
        used[0] += promptTokens;
        used[1] += completionTokens;
    }

    PlatformAnswer answer(PlatformRequest request) {
        Instant from;
        Instant until;
        try {
            from = Instant.parse(request.query().getOrDefault("startTime", ""));
            until = Instant.parse(request.query().getOrDefault("endTime", ""));
        } catch (DateTimeParseException missing) {
            return PlatformAnswer.error(400, 3, "startTime and endTime are required");
        }
        if (!from.isBefore(until)
                || from.atOffset(ZoneOffset.UTC)
                        .plusDays(LONGEST_DAYS)
                        .toInstant()
                        .isBefore(until)) {
            return PlatformAnswer.error(400, 3, "end_time must be after start_time, and not more than 31 days");
        }
        ObjectNode answer = Json.object();
        ArrayNode rows = answer.putArray("serverlessCosts");
        days.forEach((day, models) -> {
            Instant begins = day.atStartOfDay(ZoneOffset.UTC).toInstant();
            Instant ends = day.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
            if (begins.isBefore(until) && ends.isAfter(from)) {
                models.forEach((model, used) -> rows.addObject()
                        .put("modelName", model)
                        .put("promptTokens", Long.toString(used[0]))
                        .put("completionTokens", Long.toString(used[1]))
                        .put("startTime", begins.toString())
                        .put("endTime", ends.toString())
                        .put("usageType", "SERVERLESS"));
            }
        });
        answer.putArray("dedicatedCosts");
        return PlatformAnswer.of(answer);
    }
}
