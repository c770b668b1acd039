package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.backstay.fireworks.FireworksException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** The checkpoints of trainers: where to go on, and what becomes a model. Thread-safe. */
final class Checkpoints {

    private static final Duration PROMOTION_POLL = Duration.ofSeconds(10);
    private static final Duration PROMOTION_LIMIT = Duration.ofHours(2);

    /** A save is listed late: up to this long. */
    private static final Duration LISTED_WITHIN = Duration.ofSeconds(105);

    private static final Duration LISTED_POLL = Duration.ofSeconds(3);

    private final ControlPlane control;

    Checkpoints(ControlPlane control) {
        this.control = control;
    }

    /** All its checkpoints, oldest first. If they cannot be listed, that is an error: nobody may take it for a fresh start. */
    List<Checkpoint> list(String id) {
        return control
                .list(
                        "list the checkpoints of " + id,
                        control.path("rlorTrainerJobs/" + Ids.check("trainer", id) + "/checkpoints"),
                        "checkpoints",
                        "rlorTrainerJobCheckpoints")
                .stream()
                .map(Checkpoint::of)
                .sorted(Checkpoint.OLDEST_FIRST)
                .toList();
    }

    /**
     * Where training goes on, if this step is known to be saved (-1: none): the newest checkpoint with the optimizer's state. A save that
     * is known and not listed yet is waited for.
     */
    Optional<Checkpoint> resumePoint(String id, long savedStep) {
        long untilMs = nowMs() + LISTED_WITHIN.toMillis();
        while (true) {
            Optional<Checkpoint> newest =
                    list(id).stream().filter(Checkpoint::resumable).reduce((older, newer) -> newer);
            boolean listed =
                    savedStep < 0 || newest.isPresent() && newest.get().step().orElse(Long.MAX_VALUE) >= savedStep;
            if (listed) {
                return newest;
            }
            if (nowMs() >= untilMs) {
                throw new FireworksException(
                        Reason.FAILED,
                        "step " + savedStep + " of " + id + " was saved, and is not listed after " + LISTED_WITHIN,
                        "do not start anew: look at its checkpoints in the console, or load an older one on purpose");
            }
            try {
                control.clock().pause(LISTED_POLL);
            } catch (InterruptedException left) {
                Thread.currentThread().interrupt();
                throw new FireworksException(
                        Reason.CANCELLED, "the wait for the checkpoints of " + id + " was cancelled", "");
            }
        }
    }

    /**
     * Makes a model of a checkpoint, and waits until it is one.
     *
     * @return the model's full name
     */
    String promote(String id, String checkpoint, String outputModel, String baseModel, Consumer<String> listener) {
        Ids.check("output model", outputModel);
        String what = "promote checkpoint " + checkpoint;
        Checkpoint found = list(id).stream()
                .filter(each -> each.id().equals(Ids.last(checkpoint)))
                .findFirst()
                .orElseThrow(() -> new FireworksException(
                        Reason.NOT_FOUND,
                        "could not " + what + ": " + id + " has no such checkpoint",
                        "list them with: backstay trainer checkpoints " + id));
        if (!found.promotable()) {
            throw new FireworksException(
                    Reason.WRONG,
                    "could not " + what + ": it is of type " + found.type() + " and not promotable",
                    "choose one that the list calls promotable");
        }
        String account = "accounts/" + control.account();
        ObjectNode body = Proto.object()
                .put("output_model", account + "/models/" + outputModel)
                .put("trainer_job_id", account + "/rlorTrainerJobs/" + id)
                .put("base_model", baseModel)
                .put("async_promotion", true);
        JsonNode answer = promotion(what, control.path("checkpoints/" + found.id() + ":promote"), body);
        if (!answer.has("operation")) {
            return answer.path("model").path("name").asText(account + "/models/" + outputModel);
        }
        return promoted(what, answer.path("operation").path("name").asText(), listener)
                .path("name")
                .asText(account + "/models/" + outputModel);
    }

    /** An older control plane does not know the field that makes it asynchronous. */
    private JsonNode promotion(String what, String path, ObjectNode body) {
        try {
            return control.post(what, path, body);
        } catch (FireworksException no) {
            if (no.status() == 400
                    && String.valueOf(no.getMessage())
                            .replace("_", "")
                            .toLowerCase(Locale.ROOT)
                            .contains("asyncpromotion")) {
                return control.post(what, path, body.deepCopy().without("async_promotion"));
            }
            throw no;
        }
    }

    private JsonNode promoted(String what, String operation, Consumer<String> listener) {
        long untilMs = nowMs() + PROMOTION_LIMIT.toMillis();
        try {
            while (nowMs() < untilMs) {
                JsonNode state;
                try {
                    state = control.get(what, "/v1/" + operation);
                } catch (FireworksException no) {
                    if (!no.isTransient()) {
                        throw no;
                    }
                    state = Proto.object();
                }
                if (state.path("done").asBoolean()) {
                    if (state.has("error")) {
                        throw new FireworksException(
                                Reason.FAILED,
                                "could not " + what + ": "
                                        + state.path("error").path("message").asText(),
                                "choose another checkpoint, or ask the provider with the name " + operation);
                    }
                    return state.path("response");
                }
                listener.accept("promoting: " + operation);
                control.clock().pause(PROMOTION_POLL);
            }
        } catch (InterruptedException left) {
            Thread.currentThread().interrupt();
            throw new FireworksException(
                    Reason.CANCELLED, "the wait for " + operation + " was cancelled; the promotion goes on", "");
        }
        throw new FireworksException(
                Reason.TIMEOUT,
                "could not " + what + ": it took longer than " + PROMOTION_LIMIT,
                "look at " + operation);
    }

    private long nowMs() {
        return control.clock().now().toEpochMilli();
    }
}
