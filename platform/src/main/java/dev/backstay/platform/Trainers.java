package dev.backstay.platform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Trainer jobs in service mode, their checkpoints, and what little of their data plane a training loop needs.
 *
 * <p>The real data plane's protocol is not published, so {@code steps}, {@code save}, {@code load} and {@code finish} are stand-ins
 * for it; {@code healthz} and {@code list_checkpoints} are as they are.
 */
final class Trainers {

    private static final int PROMOTION_SECONDS = 20;

    private final Platform platform;
    private final Map<String, Trainer> trainers = new LinkedHashMap<>();
    private final Map<String, long[]> promotions = new HashMap<>();
    private final Map<String, String> models = new HashMap<>();
    private int freshStarts;

    Trainers(Platform platform) {
        this.platform = platform;
    }

    int freshStarts() {
        return freshStarts;
    }

    Platform.Suffered suffered(String id) {
        Trainer trainer = trainers.get(id);
        return trainer == null ? new Platform.Suffered(0, 0) : new Platform.Suffered(trainer.lost(), trainer.deaths());
    }

    long stepOf(String id) {
        Trainer trainer = trainers.get(id);
        return trainer == null ? Trainer.NOTHING_LOADED : trainer.step();
    }

    PlatformAnswer answer(PlatformRequest request, List<String> path, long nowNanos) {
        if (path.isEmpty()) {
            return request.method().equals("POST") ? create(request, nowNanos) : list(request, nowNanos);
        }
        String[] named = path.get(0).split(":", 2);
        Trainer trainer = trainers.get(named[0]);
        if (trainer == null) {
            return PlatformAnswer.notFound("rlor trainer job " + named[0]);
        }
        if (path.size() == 2 && path.get(1).equals("checkpoints")) {
            return Json.page("checkpoints", trainer.listed(nowNanos), each -> checkpoint(trainer, each), request);
        }
        return named.length == 2 ? verb(trainer, named[1], nowNanos) : one(request, trainer, nowNanos);
    }

    private PlatformAnswer create(PlatformRequest request, long nowNanos) {
        ObjectNode body = Json.read(request.body());
        String id = request.parameter("rlorTrainerJobId");
        if (!id.matches("[a-z][a-z0-9-]{0,62}")) {
            return PlatformAnswer.invalid(
                    "rlor trainer job ID must be 1 to 63 of a-z, 0-9 and -, and begin with a letter");
        }
        if (body.path("trainingConfig").path("baseModel").asText().isEmpty()) {
            return PlatformAnswer.invalid("training_config.base_model is required");
        }
        if (body.path("displayName").asText().length() >= 64) {
            return PlatformAnswer.invalid("display_name must be fewer than 64 characters");
        }
        if (trainers.containsKey(id)) {
            return PlatformAnswer.exists("rlor trainer job " + id);
        }
        if (trainers.size() >= Platform.RESOURCES_LIMIT) {
            return PlatformAnswer.error(429, 8, "quota exceeded for concurrent training GPUs");
        }
        Trainer trainer = new Trainer(platform, id, body, nowNanos);
        trainers.put(id, trainer);
        return PlatformAnswer.of(trainer.row(nowNanos));
    }

    private PlatformAnswer list(PlatformRequest request, long nowNanos) {
        List<Trainer> alive = trainers.values().stream()
                .filter(each -> each.stage(nowNanos) != Trainer.Stage.DELETED)
                .toList();
        return Json.page("rlorTrainerJobs", alive, each -> each.row(nowNanos), request);
    }

    private static PlatformAnswer one(PlatformRequest request, Trainer trainer, long nowNanos) {
        if (request.method().equals("DELETE")) {
            trainer.delete(nowNanos);
            return PlatformAnswer.empty();
        }
        return PlatformAnswer.of(trainer.row(nowNanos));
    }

    private static PlatformAnswer verb(Trainer trainer, String verb, long nowNanos) {
        Trainer.Stage stage = trainer.stage(nowNanos);
        if (stage == Trainer.Stage.DELETED) {
            return PlatformAnswer.precondition("rlor trainer job " + trainer.id() + " is deleted");
        }
        if (verb.equals("resume")) {
            if (!stage.isOver()) {
                return PlatformAnswer.precondition(
                        "rlor trainer job " + trainer.id() + " is in state " + stage + " and cannot be resumed");
            }
            trainer.resume(nowNanos);
        } else if (verb.equals("cancel")) {
            trainer.cancel(nowNanos);
        } else {
            return PlatformAnswer.error(501, 12, "Method Not Allowed");
        }
        return PlatformAnswer.of(trainer.row(nowNanos));
    }

    private JsonNode checkpoint(Trainer trainer, Trainer.Saved saved) {
        String date = platform.date(saved.atNanos());
        return Json.object()
                .put("name", trainer.name() + "/checkpoints/" + saved.name())
                .put("createTime", date)
                .put("updateTime", date)
                .put("checkpointType", saved.type())
                .put("promotable", saved.promotable());
    }

    /** {@code /training/v1/rlorTrainerJobs/{account}/{job}/api/v1/…}. */
    PlatformAnswer dataPlane(PlatformRequest request, List<String> path, long nowNanos) {
        Trainer trainer = path.size() == 8 ? trainers.get(path.get(4)) : null;
        if (trainer == null) {
            return PlatformAnswer.notFound("trainer");
        }
        if (trainer.isStalled(nowNanos) && !path.get(7).equals("healthz")) {
            return PlatformAnswer.SILENCE;
        }
        if (!trainer.isHealthy(nowNanos)) {
            return PlatformAnswer.text(503, "text/plain", "no healthy upstream");
        }
        ObjectNode body = Json.read(request.body());
        return switch (path.get(7)) {
            case "healthz" -> PlatformAnswer.of(Json.object().put("status", "ok"));
            case "list_checkpoints" ->
                Json.page("checkpoints", trainer.listed(nowNanos), each -> checkpoint(trainer, each), request);
            case "steps" -> steps(trainer, body.path("count").asInt(1));
            case "save" ->
                PlatformAnswer.of(Json.object()
                        .put(
                                "checkpoint",
                                trainer.save(!body.path("sampler").asBoolean(false), nowNanos)
                                        .name()));
            case "load" -> load(trainer, body.path("checkpoint").asText());
            case "finish" -> {
                trainer.complete(nowNanos);
                yield PlatformAnswer.empty();
            }
            default -> PlatformAnswer.notFound(request.path());
        };
    }

    private PlatformAnswer steps(Trainer trainer, int count) {
        if (trainer.step() == Trainer.NOTHING_LOADED) {
            freshStarts++;
            trainer.load(0);
        }
        trainer.load(trainer.step() + count);
        return PlatformAnswer.of(Json.object().put("step", Long.toString(trainer.step())));
    }

    private static PlatformAnswer load(Trainer trainer, String name) {
        Optional<Trainer.Saved> found = trainer.saved().stream()
                .filter(each -> each.name().equals(name))
                .findFirst();
        if (found.isEmpty()) {
            return PlatformAnswer.notFound("checkpoint " + name);
        }
        if (!found.get().type().contains("TRAINING")) {
            return PlatformAnswer.precondition("checkpoint " + name + " has no optimizer state");
        }
        trainer.load(found.get().step());
        return PlatformAnswer.of(Json.object().put("step", Long.toString(trainer.step())));
    }

    /** {@code POST /v1/accounts/{a}/checkpoints/{c}:promote}. */
    PlatformAnswer promote(PlatformRequest request, List<String> path, long nowNanos) {
        ObjectNode body = Json.read(request.body());
        String checkpoint = path.get(0).split(":", 2)[0];
        String job = last(
                body.path("trainer_job_id").asText(body.path("trainerJobId").asText()));
        String model = body.path("output_model").asText(body.path("outputModel").asText());
        Trainer trainer = trainers.get(job);
        if (trainer == null
                || trainer.saved().stream().noneMatch(each -> each.name().equals(checkpoint))) {
            return PlatformAnswer.notFound("checkpoint " + checkpoint);
        }
        if (!last(model).matches("[a-z0-9-]{1,63}")) {
            return PlatformAnswer.invalid("invalid model id");
        }
        if (trainer.saved().stream().noneMatch(each -> each.name().equals(checkpoint) && each.promotable())) {
            return PlatformAnswer.precondition("checkpoint " + checkpoint + " is not promotable");
        }
        String operation = "operations/promote-" + last(model);
        promotions.putIfAbsent(operation, new long[] {nowNanos});
        models.put(operation, model);
        ObjectNode answer = Json.object();
        answer.putObject("operation").put("name", operation).put("done", false);
        return PlatformAnswer.of(answer);
    }

    PlatformAnswer operation(String id, long nowNanos) {
        String name = "operations/" + id;
        long[] began = promotions.get(name);
        if (began == null) {
            return PlatformAnswer.notFound(name);
        }
        ObjectNode answer = Json.object().put("name", name);
        boolean done = nowNanos - began[0] >= PROMOTION_SECONDS * Platform.SECOND;
        answer.put("done", done);
        if (done) {
            answer.putObject("response")
                    .put("@type", "type.googleapis.com/gateway.Model")
                    .put("name", models.get(name))
                    .put("state", "READY");
        }
        return PlatformAnswer.of(answer);
    }

    private static String last(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }
}
