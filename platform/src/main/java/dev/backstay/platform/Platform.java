package dev.backstay.platform;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The control plane: told what comes and what time it is, it says what happens. Time is nanoseconds since it started.
 *
 * <p>Not thread-safe.
 */
public final class Platform {

    static final double SECOND = 1e9;

    /** Resources of one kind, at most. */
    static final int RESOURCES_LIMIT = 10_000;

    private final PlatformScript script;
    private final Instant epoch;
    private final Trainers trainers;
    private final Deployments deployments;
    private final Datasets datasets;
    private final Batches batches;
    private final TuningJobs tuning;
    private final Readings readings;

    /**
     * @param script how it behaves
     * @param epoch what the wall says when its time is 0, for the dates in its answers
     */
    public Platform(PlatformScript script, Instant epoch) {
        this.script = script;
        this.epoch = epoch;
        this.deployments = new Deployments(this);
        this.trainers = new Trainers(this);
        this.datasets = new Datasets(this);
        this.batches = new Batches(this, datasets);
        this.tuning = new TuningJobs(this);
        this.readings = new Readings(this, deployments);
    }

    /** Whether a path is one of the control plane's. */
    public static boolean owns(String path) {
        return path.startsWith("/v1/accounts")
                || path.startsWith("/v1/operations/")
                || path.startsWith("/training/v1/")
                || path.startsWith("/signed/");
    }

    /** What it does about a request that arrives now. */
    public PlatformAnswer answer(PlatformRequest request, long nowNanos) {
        PlatformAnswer away = outage(nowNanos);
        if (away != null && request.path().startsWith("/v1/")) {
            return away;
        }
        if (request.path().startsWith("/signed/")) {
            return datasets.signed(request, nowNanos);
        }
        if (request.key().isEmpty()) {
            return PlatformAnswer.error(401, 16, "missing API key");
        }
        if (request.key().startsWith("fw_bad")) {
            return PlatformAnswer.error(403, 7, "UNAUTHORIZED: the API key is not valid");
        }
        if (nowNanos / SECOND < script.suspendedUntil()) {
            return PlatformAnswer.error(
                    412,
                    9,
                    "Account " + script.account()
                            + " is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices");
        }
        return routed(request, nowNanos);
    }

    private PlatformAnswer routed(PlatformRequest request, long nowNanos) {
        List<String> path = List.of(request.path().substring(1).split("/", -1));
        if (path.get(0).equals("training")) {
            return trainers.dataPlane(request, path, nowNanos);
        }
        if (path.get(1).equals("operations")) {
            return trainers.operation(path.get(2), nowNanos);
        }
        if (path.size() == 2) {
            ObjectNode account =
                    Json.object().put("name", "accounts/" + script.account()).put("state", "READY");
            return Json.page("accounts", List.of(account), each -> each, request);
        }
        if (!path.get(2).equals(script.account()) || path.size() == 3) {
            return PlatformAnswer.error(403, 7, "the key does not belong to account " + path.get(2));
        }
        List<String> rest = path.subList(4, path.size());
        return switch (path.get(3)) {
            case "rlorTrainerJobs" -> trainers.answer(request, rest, nowNanos);
            case "checkpoints" -> trainers.promote(request, rest, nowNanos);
            case "deployments" -> deployments.answer(request, rest, nowNanos);
            case "datasets" -> datasets.answer(request, rest, nowNanos);
            case "batchInferenceJobs" -> batches.answer(request, rest, nowNanos);
            case "supervisedFineTuningJobs", "dpoJobs", "reinforcementFineTuningJobs" ->
                tuning.answer(request, path.get(3), rest, nowNanos);
            case "serverlessRateLimits", "quotas", "metrics", "billingUsage" ->
                readings.answer(request, path.get(3), nowNanos);
            default -> PlatformAnswer.error(501, 12, "Method Not Allowed");
        };
    }

    private @Nullable PlatformAnswer outage(long nowNanos) {
        for (PlatformScript.Outage each : script.outages()) {
            if (nowNanos / SECOND >= each.from() && nowNanos / SECOND < each.to()) {
                return switch (each.how()) {
                    case "silence" -> PlatformAnswer.SILENCE;
                    case "refuse" -> PlatformAnswer.REFUSAL;
                    default -> PlatformAnswer.error(Integer.parseInt(each.how()), 14, "upstream connect error");
                };
            }
        }
        return null;
    }

    /** What happens to a request for a deployment's answer, before any model sees it; and that it asked for one. */
    public Admission admit(String model, long nowNanos) {
        return deployments.admit(model, nowNanos);
    }

    /** A request that was let in is over. */
    public void leave(String model, long nowNanos) {
        deployments.leave(model, nowNanos);
    }

    /** A request to a serverless model is over, and used this much. */
    public void billed(String model, long promptTokens, long completionTokens, long nowNanos) {
        readings.bills().add(model, promptTokens, completionTokens, epoch.plusNanos(nowNanos));
    }

    /** What a deployment does with a request. */
    public enum Admission {
        /** It is no dedicated deployment. */
        NOT_MINE,
        TAKEN,
        /** It has no replica; the request was dropped, and starts one. */
        SCALING_UP,
        /** It says READY and serves nothing yet, or it does not exist. */
        NOT_FOUND,
        /** Its replicas have no room. */
        FULL
    }

    /** How often somebody began to train from nothing. */
    public int freshStarts() {
        return trainers.freshStarts();
    }

    /** The optimizer step that a trainer has in its memory; -1 if it has none. */
    public long stepOf(String trainer) {
        return trainers.stepOf(trainer);
    }

    /**
     * What a trainer has gone through.
     *
     * @param preemptions how often it lost its machine
     * @param silentDeaths how often it died and went on saying that it runs
     */
    public record Suffered(int preemptions, int silentDeaths) {}

    /** What a trainer has gone through by now. */
    public Suffered suffered(String trainer) {
        return trainers.suffered(trainer);
    }

    PlatformScript script() {
        return script;
    }

    String account() {
        return script.account();
    }

    String date(long nanos) {
        return epoch.plusNanos(nanos).toString();
    }
}
