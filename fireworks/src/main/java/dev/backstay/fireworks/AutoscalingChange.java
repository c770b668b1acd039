package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A change to how a deployment scales; what is missing stays as it is.
 *
 * @param min replicas at least
 * @param max replicas at most
 * @param scaleUpWindow up to 1 h
 * @param scaleDownWindow up to 1 h
 * @param scaleToZeroWindow from 5 min on
 * @param loadTargets by kind; the kinds are the platform's to check
 */
public record AutoscalingChange(
        OptionalInt min,
        OptionalInt max,
        Optional<Duration> scaleUpWindow,
        Optional<Duration> scaleDownWindow,
        Optional<Duration> scaleToZeroWindow,
        Map<String, Double> loadTargets) {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration SHORTEST_TO_ZERO = Duration.ofMinutes(5);

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public AutoscalingChange {
        loadTargets = Map.copyOf(loadTargets);
        if (min.isPresent() && max.isPresent()) {
            DeploymentSpec.checkBounds(min.getAsInt(), max.getAsInt());
        }
        within("scale-up-window", scaleUpWindow, Duration.ZERO, HOUR);
        within("scale-down-window", scaleDownWindow, Duration.ZERO, HOUR);
        within("scale-to-zero-window", scaleToZeroWindow, SHORTEST_TO_ZERO, Duration.ofDays(365));
        loadTargets.forEach((kind, target) -> {
            if (!(target > 0)) {
                throw new IllegalArgumentException("load target '" + kind + "' is " + target + ": it must be above 0");
            }
        });
        if (min.isEmpty()
                && max.isEmpty()
                && scaleUpWindow.isEmpty()
                && scaleDownWindow.isEmpty()
                && scaleToZeroWindow.isEmpty()
                && loadTargets.isEmpty()) {
            throw new IllegalArgumentException(
                    "nothing to change: give at least one of min, max, a window, a load target");
        }
    }

    private static void within(String setting, Optional<Duration> value, Duration least, Duration most) {
        if (value.isPresent()
                && (value.get().compareTo(least) < 0 || value.get().compareTo(most) > 0)) {
            throw new IllegalArgumentException(
                    setting + " is " + value.get() + ": it must be " + least + " to " + most);
        }
    }

    /** The fields, and no others. */
    public ObjectNode body() {
        ObjectNode body = Proto.object();
        min.ifPresent(value -> body.put("minReplicaCount", value));
        max.ifPresent(value -> body.put("maxReplicaCount", value));
        ObjectNode policy = Proto.object();
        scaleUpWindow.ifPresent(value -> policy.put("scaleUpWindow", Proto.text(value)));
        scaleDownWindow.ifPresent(value -> policy.put("scaleDownWindow", Proto.text(value)));
        scaleToZeroWindow.ifPresent(value -> policy.put("scaleToZeroWindow", Proto.text(value)));
        if (!loadTargets.isEmpty()) {
            ObjectNode targets = policy.putObject("loadTargets");
            loadTargets.forEach(targets::put);
        }
        if (!policy.isEmpty()) {
            body.set("autoscalingPolicy", policy);
        }
        return body;
    }
}
