package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * What the platform has metered for serverless models, by UTC day. It lags: the last day or two are not whole.
 *
 * <p>Source: docs.fireworks.ai "Get Account Usage" ({@code billingUsage}). Thread-safe.
 */
public final class ServerlessUsage {

    /** The longest time that can be asked for at once. */
    public static final int LONGEST_DAYS = 31;

    /**
     * What one model was used for on one day, or a part of it: a day may have more than one row.
     *
     * @param model as the platform names it
     * @param day in UTC
     * @param promptTokens all of them, cached ones, too
     * @param completionTokens that were generated
     */
    public record Row(String model, LocalDate day, long promptTokens, long completionTokens) {}

    private final ControlPlane control;

    ServerlessUsage(ControlPlane control) {
        this.control = control;
    }

    /**
     * All that was metered on these days.
     *
     * @param from the first
     * @param until the day after the last
     * @throws IllegalArgumentException if these are more than {@value #LONGEST_DAYS} days, or none
     */
    public List<Row> days(LocalDate from, LocalDate until) {
        if (!from.isBefore(until) || from.plusDays(LONGEST_DAYS).isBefore(until)) {
            throw new IllegalArgumentException(
                    "usage from " + from + " until " + until + ": it can be asked for 1 to " + LONGEST_DAYS + " days");
        }
        String query = "billingUsage?usageType=SERVERLESS&groupBy=model_name&startTime=" + time(from) + "&endTime="
                + time(until);
        List<Row> rows = new ArrayList<>();
        for (JsonNode row : control.get("read the usage of serverless models", control.path(query))
                .path("serverlessCosts")) {
            rows.add(new Row(
                    row.path("modelName").asText(),
                    LocalDate.ofInstant(Instant.parse(row.path("startTime").asText()), ZoneOffset.UTC),
                    Proto.int64(row.path("promptTokens")),
                    Proto.int64(row.path("completionTokens"))));
        }
        return rows;
    }

    private static String time(LocalDate day) {
        return URLEncoder.encode(day.atStartOfDay(ZoneOffset.UTC).toInstant().toString(), StandardCharsets.UTF_8);
    }
}
