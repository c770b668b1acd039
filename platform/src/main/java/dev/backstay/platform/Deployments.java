package dev.backstay.platform;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Dedicated deployments: created, scaled, asked, deleted. */
final class Deployments {

    private static final List<String> MUTABLE = List.of(
            "minReplicaCount", "maxReplicaCount", "autoscalingPolicy", "displayName", "description", "annotations");

    private static final double IDLE_GUARD_SECONDS = 3_600;

    private final Platform platform;
    private final Map<String, Deployed> all = new LinkedHashMap<>();

    Deployments(Platform platform) {
        this.platform = platform;
    }

    /** One deployment and its machines. */
    private static final class Deployed {
        private final String id;
        private final ObjectNode resource;
        private final Fleet fleet;
        private final long createdNanos;
        private long askedNanos = Long.MIN_VALUE;
        private long requests;
        private long errors;
        private boolean deleted;

        private Deployed(String id, ObjectNode resource, Fleet fleet, long createdNanos) {
            this.id = id;
            this.resource = resource;
            this.fleet = fleet;
            this.createdNanos = createdNanos;
        }
    }

    /** What the metrics say of one: its name, and what it has counted. */
    record Counted(String id, String model, long requests, long errors, int active) {}

    List<Counted> counted() {
        return all.values().stream()
                .filter(each -> !each.deleted)
                .map(each -> new Counted(
                        each.id,
                        each.resource.path("baseModel").asText(),
                        each.requests,
                        each.errors,
                        each.fleet.active()))
                .toList();
    }

    Platform.Admission admit(String model, long nowNanos) {
        String prefix = "accounts/" + platform.account() + "/deployments/";
        int hash = model.indexOf('#');
        String name = hash >= 0 ? model.substring(hash + 1) : model;
        if (!name.startsWith(prefix)) {
            return Platform.Admission.NOT_MINE;
        }
        Deployed deployed = all.get(name.substring(prefix.length()));
        if (deployed == null || deployed.deleted) {
            return Platform.Admission.NOT_FOUND;
        }
        deployed.askedNanos = nowNanos;
        deployed.fleet.look(nowNanos);
        boolean none = deployed.fleet.size() == 0;
        boolean taken = deployed.fleet.enter(nowNanos);
        deployed.requests += taken ? 1 : 0;
        if (taken) {
            return Platform.Admission.TAKEN;
        }
        if (none) {
            return Platform.Admission.SCALING_UP;
        }
        if (deployed.fleet.serving(nowNanos) > 0) {
            deployed.errors++;
            return Platform.Admission.FULL;
        }
        return Platform.Admission.SCALING_UP;
    }

    void leave(String model, long nowNanos) {
        String name = model.substring(model.indexOf('#') + 1);
        Deployed deployed = all.get(name.substring(name.lastIndexOf('/') + 1));
        if (deployed != null) {
            deployed.fleet.leave(nowNanos);
        }
    }

    PlatformAnswer answer(PlatformRequest request, List<String> path, long nowNanos) {
        if (path.isEmpty()) {
            return request.method().equals("POST") ? create(request, nowNanos) : list(request, nowNanos);
        }
        String[] named = path.get(0).split(":", 2);
        Deployed deployed = all.get(named[0]);
        if (deployed == null) {
            return PlatformAnswer.notFound("deployment " + named[0]);
        }
        if (named.length == 2) {
            return verb(request, deployed, named[1], nowNanos);
        }
        return switch (request.method()) {
            case "GET" -> PlatformAnswer.of(row(deployed, nowNanos));
            case "PATCH" -> patch(request, deployed, nowNanos);
            case "DELETE" -> delete(request, deployed, nowNanos);
            default -> PlatformAnswer.error(501, 12, "Method Not Allowed");
        };
    }

    private PlatformAnswer create(PlatformRequest request, long nowNanos) {
        ObjectNode body = Json.read(request.body());
        String id = request.parameter("deploymentId");
        if (!id.matches("[a-z][a-z0-9-]{0,62}")) {
            return PlatformAnswer.invalid("deployment ID must be 1 to 63 of a-z, 0-9 and -, and begin with a letter");
        }
        if (body.path("baseModel").asText().isEmpty()) {
            return PlatformAnswer.invalid("base_model is required");
        }
        @Nullable PlatformAnswer wrong = wrongBounds(body);
        if (wrong != null) {
            return wrong;
        }
        if (all.containsKey(id)) {
            return PlatformAnswer.exists("deployment " + id);
        }
        if (all.size() >= Platform.RESOURCES_LIMIT) {
            return PlatformAnswer.error(429, 8, "quota exceeded for GPUs");
        }
        PlatformScript script = platform.script();
        Fleet.Ways ways = new Fleet.Ways(
                nanos(script.replicaBoot()),
                script.perReplica(),
                window(body, "scaleUpWindow", script.scaleUpWindow()),
                window(body, "scaleDownWindow", script.scaleDownWindow()),
                window(body, "scaleToZeroWindow", 3_600));
        Fleet fleet = new Fleet(ways, min(body), max(body), nowNanos);
        if (max(body) > 0) {
            fleet.scaleTo(Math.max(1, min(body)), nowNanos);
        }
        Deployed deployed = new Deployed(id, body, fleet, nowNanos);
        all.put(id, deployed);
        return PlatformAnswer.of(row(deployed, nowNanos));
    }

    private static @Nullable PlatformAnswer wrongBounds(ObjectNode resource) {
        if (min(resource) < 0 || max(resource) < min(resource)) {
            return PlatformAnswer.invalid("max_replica_count must be at least min_replica_count");
        }
        return null;
    }

    private static int min(ObjectNode resource) {
        return resource.path("minReplicaCount").asInt(0);
    }

    private static int max(ObjectNode resource) {
        return resource.path("maxReplicaCount").asInt(Math.max(1, min(resource)));
    }

    private static double target(ObjectNode resource) {
        return resource.path("autoscalingPolicy")
                .path("loadTargets")
                .path("default")
                .asDouble(0.8);
    }

    private static long window(ObjectNode resource, String name, double seconds) {
        String said = resource.path("autoscalingPolicy").path(name).asText();
        return nanos(
                said.matches("\\d{1,6}(\\.\\d{1,9})?s")
                        ? Double.parseDouble(said.substring(0, said.length() - 1))
                        : seconds);
    }

    private PlatformAnswer list(PlatformRequest request, long nowNanos) {
        boolean deleted = request.parameter("showDeleted").equals("true");
        List<Deployed> shown =
                all.values().stream().filter(each -> deleted || !each.deleted).toList();
        return Json.page("deployments", shown, each -> row(each, nowNanos), request);
    }

    private PlatformAnswer verb(PlatformRequest request, Deployed deployed, String verb, long nowNanos) {
        if (verb.equals("undelete") && deployed.deleted) {
            deployed.deleted = false;
            return PlatformAnswer.of(row(deployed, nowNanos));
        }
        if (!verb.equals("scale") || deployed.deleted) {
            return PlatformAnswer.error(501, 12, "Method Not Allowed");
        }
        int wanted = Json.read(request.body()).path("replicaCount").asInt(0);
        if (wanted > max(deployed.resource)) {
            return PlatformAnswer.invalid("replica_count is above max_replica_count");
        }
        deployed.fleet.look(nowNanos);
        deployed.fleet.scaleTo(wanted, nowNanos);
        return PlatformAnswer.of(row(deployed, nowNanos));
    }

    private PlatformAnswer patch(PlatformRequest request, Deployed deployed, long nowNanos) {
        ObjectNode after = deployed.resource.deepCopy();
        Json.patch(after, Json.read(request.body()), request.parameter("updateMask"), MUTABLE);
        @Nullable PlatformAnswer wrong = wrongBounds(after);
        if (wrong != null) {
            return wrong;
        }
        deployed.resource.removeAll();
        deployed.resource.setAll(after);
        deployed.fleet.bounds(min(after), max(after), target(after), nowNanos);
        return PlatformAnswer.of(row(deployed, nowNanos));
    }

    private static PlatformAnswer delete(PlatformRequest request, Deployed deployed, long nowNanos) {
        boolean lately =
                deployed.askedNanos != Long.MIN_VALUE && nowNanos - deployed.askedNanos < nanos(IDLE_GUARD_SECONDS);
        if (lately && !request.parameter("ignoreChecks").equals("true")) {
            return PlatformAnswer.precondition(
                    "the deployment served traffic in the last hour; set ignoreChecks to delete it all the same");
        }
        deployed.deleted = true;
        deployed.fleet.scaleTo(0, nowNanos);
        return PlatformAnswer.empty();
    }

    private String says(Deployed deployed, long nowNanos) {
        if (deployed.deleted) {
            return "DELETED";
        }
        double readyAt = platform.script().replicaBoot() - platform.script().readyEarly();
        return nowNanos - deployed.createdNanos < nanos(Math.max(0, readyAt)) ? "CREATING" : "READY";
    }

    private ObjectNode row(Deployed deployed, long nowNanos) {
        deployed.fleet.look(nowNanos);
        ObjectNode row = deployed.resource.deepCopy();
        int serving = deployed.fleet.serving(nowNanos);
        row.put("name", "accounts/" + platform.account() + "/deployments/" + deployed.id)
                .put("minReplicaCount", min(deployed.resource))
                .put("maxReplicaCount", max(deployed.resource))
                .put("desiredReplicaCount", deployed.fleet.size())
                .put("replicaCount", deployed.fleet.size())
                .put("state", says(deployed, nowNanos))
                .put("createTime", platform.date(deployed.createdNanos));
        row.putObject("replicaStats")
                .put("readyReplicaCount", serving)
                .put("initializingReplicaCount", deployed.fleet.size() - serving);
        row.putObject("status").put("code", "OK").put("message", "");
        return row;
    }

    private static long nanos(double seconds) {
        return (long) (seconds * Platform.SECOND);
    }
}
