package dev.backstay.platform;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What can be read about the account: serverless limits, quotas, and metrics, at most so often a minute. */
final class Readings {

    private static final double REFRESH_SECONDS = 30;
    private static final double WINDOW_SECONDS = 60;

    private final Platform platform;
    private final Deployments deployments;
    private final Bills bills = new Bills();
    private final Deque<Long> scrapes = new ArrayDeque<>();
    private final Map<String, long[]> before = new HashMap<>();
    private final Map<String, double[]> rates = new HashMap<>();
    private long refreshedNanos = Long.MIN_VALUE;

    Readings(Platform platform, Deployments deployments) {
        this.platform = platform;
        this.deployments = deployments;
    }

    Bills bills() {
        return bills;
    }

    PlatformAnswer answer(PlatformRequest request, String what, long nowNanos) {
        if (!request.method().equals("GET")) {
            return PlatformAnswer.error(501, 12, "Method Not Allowed");
        }
        return switch (what) {
            case "metrics" -> metrics(nowNanos);
            case "quotas" -> quotas(request);
            case "billingUsage" -> bills.answer(request);
            default -> limits();
        };
    }

    private static PlatformAnswer limits() {
        ObjectNode answer = Json.object();
        String model = "accounts/fireworks/models/demo";
        limit(answer, model, "TOKENS_PROMPT", 60_000);
        limit(answer, model, "TOKENS_CACHE_ADJUSTED_PROMPT", 15_000);
        limit(answer, model, "TOKENS_GENERATED", 600);
        answer.putArray("series");
        return PlatformAnswer.of(answer);
    }

    private static void limit(ObjectNode answer, String model, String metric, double perSecond) {
        answer.withArray("rateLimits")
                .addObject()
                .put("deployment", model)
                .put("metric", metric)
                .put("effectiveLimit", perSecond);
    }

    private PlatformAnswer quotas(PlatformRequest request) {
        String prefix = "accounts/" + platform.account() + "/quotas/";
        return Json.page(
                "quotas",
                List.of(
                        quota(prefix + "monthly-spend-usd", 500, 5_000, 123.45),
                        quota(prefix + "requests-per-minute", 6_000, 6_000, 17),
                        quota(prefix + "h100-gpus", 8, 8, 2)),
                each -> each,
                request);
    }

    private static ObjectNode quota(String name, long value, long most, double usage) {
        return Json.object()
                .put("name", name)
                .put("value", Long.toString(value))
                .put("maxValue", Long.toString(most))
                .put("usage", usage);
    }

    private PlatformAnswer metrics(long nowNanos) {
        while (!scrapes.isEmpty() && nowNanos - scrapes.peek() >= WINDOW_SECONDS * Platform.SECOND) {
            scrapes.poll();
        }
        if (scrapes.size() >= platform.script().metricsPerMinute()) {
            return PlatformAnswer.error(429, 8, "too many requests to the metrics endpoint");
        }
        scrapes.add(nowNanos);
        refresh(nowNanos);
        StringBuilder text = new StringBuilder();
        for (Deployments.Counted each : deployments.counted()) {
            double[] rate = rates.getOrDefault(each.id(), new double[2]);
            String labels = "base_model=\"" + each.model() + "\",deployment=\"accounts/" + platform.account()
                    + "/deployments/" + each.id() + "\",deployment_account=\"" + platform.account()
                    + "\",deployment_id=\"" + each.id() + "\"";
            text.append("request_counter_total:sum_by_deployment{")
                    .append(labels)
                    .append("} ")
                    .append(rate[0])
                    .append('\n');
            text.append("requests_error_total:sum_by_deployment{")
                    .append(labels)
                    .append(",http_code=\"429\"} ")
                    .append(rate[1])
                    .append('\n');
            text.append("requests_coordinator_concurrent_count:avg_by_deployment{")
                    .append(labels)
                    .append("} ")
                    .append(each.active())
                    .append('\n');
        }
        return PlatformAnswer.text(200, "text/plain; version=0.0.4", text.toString());
    }

    /** Rates per second over the last minute, worked out each 30 s. */
    private void refresh(long nowNanos) {
        double since =
                refreshedNanos == Long.MIN_VALUE ? Double.MAX_VALUE : (nowNanos - refreshedNanos) / Platform.SECOND;
        if (since < REFRESH_SECONDS) {
            return;
        }
        double seconds = refreshedNanos == Long.MIN_VALUE ? WINDOW_SECONDS : since;
        for (Deployments.Counted each : deployments.counted()) {
            long[] last = before.getOrDefault(each.id(), new long[2]);
            rates.put(
                    each.id(),
                    new double[] {(each.requests() - last[0]) / seconds, (each.errors() - last[1]) / seconds});
            before.put(each.id(), new long[] {each.requests(), each.errors()});
        }
        refreshedNanos = nowNanos;
    }
}
