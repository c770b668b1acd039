package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A dedicated deployment as the control plane shows it.
 *
 * @param name its full name, which is also the model to ask
 * @param id its id
 * @param baseModel what it serves
 * @param state CREATING, READY, UPDATING, FAILED, DELETING or DELETED; READY is no proof of serving
 * @param message what it says about that; empty if nothing
 * @param min replicas at least; 0 lets it go to zero
 * @param max replicas at most; 0 parks it
 * @param desired replicas that it has or boots
 * @param ready replicas that are ready, as it says
 * @param scaleUpWindow before it adds replicas
 * @param scaleDownWindow before it removes some
 * @param scaleToZeroWindow idle time before it goes to zero
 * @param loadTargets how full a replica shall be, by kind of load
 */
public record Deployment(
        String name,
        String id,
        String baseModel,
        String state,
        String message,
        int min,
        int max,
        int desired,
        int ready,
        Optional<Duration> scaleUpWindow,
        Optional<Duration> scaleDownWindow,
        Optional<Duration> scaleToZeroWindow,
        Map<String, Double> loadTargets) {

    static Deployment of(JsonNode row) {
        JsonNode policy = row.path("autoscalingPolicy");
        Map<String, Double> targets = new LinkedHashMap<>();
        policy.path("loadTargets")
                .properties()
                .forEach(
                        target -> targets.put(target.getKey(), target.getValue().asDouble()));
        String name = row.path("name").asText();
        int min = row.path("minReplicaCount").asInt();
        return new Deployment(
                name,
                Ids.last(name),
                row.path("baseModel").asText(),
                row.path("state").asText(),
                Proto.statusMessage(row),
                min,
                row.path("maxReplicaCount").asInt(Math.max(1, min)),
                row.path("desiredReplicaCount").asInt(row.path("replicaCount").asInt()),
                row.path("replicaStats")
                        .path("readyReplicaCount")
                        .asInt(row.path("replicaCount").asInt()),
                Proto.duration(policy.path("scaleUpWindow")),
                Proto.duration(policy.path("scaleDownWindow")),
                Proto.duration(policy.path("scaleToZeroWindow")),
                Map.copyOf(targets));
    }

    /** Whether it is gone or going. */
    public boolean isGone() {
        return state.equals("FAILED") || state.equals("DELETED") || state.equals("DELETING");
    }
}
