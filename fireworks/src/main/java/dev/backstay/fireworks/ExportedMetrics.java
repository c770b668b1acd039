package dev.backstay.fireworks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the infrastructure saw of the account's deployments: Prometheus series, refreshed every 30 s, of acknowledged requests only.
 *
 * <p>The platform allows six readings a minute and answers 429 to more; here readings are that far apart, and who asks sooner gets
 * the last one. Series whose names end in {@code _total} are <b>rates already</b>, per second over the last minute, so nobody may
 * apply {@code rate()} to them.
 *
 * <p>Source: docs.fireworks.ai "Exporting Metrics". Thread-safe.
 */
public final class ExportedMetrics {

    /** Readings are at least this far apart: six a minute. */
    public static final Duration APART = Duration.ofSeconds(10);

    private static final Pattern LINE =
            Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})?\\s+(\\S+)(?:\\s+-?\\d+)?");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\"");

    /**
     * One sample.
     *
     * @param name of the series
     * @param labels of it
     * @param value of it; rates are per second
     */
    public record Sample(String name, Map<String, String> labels, double value) {}

    /**
     * One deployment in the last minute.
     *
     * @param requestsPerSecond acknowledged requests
     * @param errorsPerSecond those that failed, by HTTP status
     * @param concurrent requests being worked on, on average
     */
    public record Load(double requestsPerSecond, Map<String, Double> errorsPerSecond, double concurrent) {

        /** Requests that got a 429, per second. */
        public double rejectedPerSecond() {
            return errorsPerSecond.getOrDefault("429", 0.0);
        }
    }

    private final ControlPlane control;
    private List<Sample> last = List.of();
    private long readNanos;
    private boolean read;

    ExportedMetrics(ControlPlane control) {
        this.control = control;
    }

    /** All samples of the newest reading that may be made. */
    public synchronized List<Sample> samples() {
        long now = control.clock().nanos();
        if (!read || now - readNanos >= APART.toNanos()) {
            last = parse(control.text("read the exported metrics", control.path("metrics")));
            readNanos = now;
            read = true;
        }
        return last;
    }

    /** What one deployment did in the last minute; empty if the export says nothing of it, which is not the same as no load. */
    public Optional<Load> load(String deploymentId) {
        boolean known = false;
        double requests = 0;
        double concurrent = 0;
        Map<String, Double> errors = new HashMap<>();
        for (Sample sample : samples()) {
            if (!deploymentId.equals(sample.labels.get("deployment_id"))) {
                continue;
            }
            known = true;
            switch (sample.name) {
                case "request_counter_total:sum_by_deployment" -> requests += sample.value;
                case "requests_error_total:sum_by_deployment" ->
                    errors.merge(sample.labels.getOrDefault("http_code", ""), sample.value, Double::sum);
                case "requests_coordinator_concurrent_count:avg_by_deployment" -> concurrent += sample.value;
                default -> {}
            }
        }
        return known ? Optional.of(new Load(requests, Map.copyOf(errors), concurrent)) : Optional.empty();
    }

    /**
     * Reads Prometheus' text. A line that is not understood is left out, as Prometheus does with a wrong sample, and so is a last one without
     * its end: of a number that was cut nobody can tell how long it was.
     */
    static List<Sample> parse(String text) {
        List<Sample> samples = new ArrayList<>();
        text.substring(0, text.lastIndexOf('\n') + 1)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .forEach(line -> {
                    Matcher matcher = LINE.matcher(line);
                    if (matcher.matches()) {
                        String labels = matcher.group(2) == null ? "" : matcher.group(2);
                        number(matcher.group(3))
                                .ifPresent(value -> samples.add(new Sample(matcher.group(1), labels(labels), value)));
                    }
                });
        return samples;
    }

    private static OptionalDouble number(String text) {
        try {
            return OptionalDouble.of(
                    switch (text) {
                        case "+Inf" -> Double.POSITIVE_INFINITY;
                        case "-Inf" -> Double.NEGATIVE_INFINITY;
                        default -> Double.parseDouble(text);
                    });
        } catch (NumberFormatException notANumber) {
            return OptionalDouble.empty();
        }
    }

    private static Map<String, String> labels(String text) {
        Map<String, String> labels = new HashMap<>();
        Matcher matcher = LABEL.matcher(text);
        while (matcher.find()) {
            labels.put(
                    matcher.group(1),
                    matcher.group(2).replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\"));
        }
        return Map.copyOf(labels);
    }
}
