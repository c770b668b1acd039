package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.backstay.fireworks.FireworksException.Reason;
import dev.backstay.ledger.Change;
import dev.backstay.ledger.Changes;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Dedicated deployments. Every change names exactly what it changes, and is kept in the ledger with its evidence.
 *
 * <p>Thread-safe. Whoever wants a deployment awake that somebody is waking joins that.
 */
public final class Deployments {

    private final ControlPlane control;
    private final Prober prober;
    private final Changes changes;
    private final SingleFlight<Integer> waking = new SingleFlight<>();

    Deployments(ControlPlane control, Prober prober, Changes changes) {
        this.control = control;
        this.prober = prober;
        this.changes = changes;
    }

    /** A deployment. */
    public Deployment get(String id) {
        return Deployment.of(control.get("read deployment " + id, path(id)));
    }

    /** All that are not deleted. */
    public List<Deployment> list() {
        return control.list("list deployments", control.path("deployments"), "deployments").stream()
                .map(Deployment::of)
                .toList();
    }

    /** Creates one, or finds the same one that is there. */
    public Deployment create(DeploymentSpec spec) {
        String what = "create deployment " + spec.id();
        Deployment made = Deployment.of(control.create(
                what, control.path("deployments?deploymentId=" + spec.id()), path(spec.id()), spec.body()));
        if (made.isGone()) {
            throw new FireworksException(
                    Reason.GONE,
                    "could not " + what + ": there is one of this id that is " + made.state(),
                    "choose a new id, or undelete it in the console");
        }
        return made;
    }

    /** Sets how many replicas it has now, within its bounds. */
    public Deployment scale(String id, int replicas) {
        if (replicas < 0) {
            throw new IllegalArgumentException("replicas is " + replicas + ": it must not be negative");
        }
        ObjectNode body = Proto.object().put("replicaCount", replicas);
        Deployment after = Deployment.of(control.patchVerb("scale deployment " + id, path(id) + ":scale", body));
        keep(id, "replicas -> " + replicas, "asked for");
        return after;
    }

    /** Sets its bounds, and nothing else. */
    public Deployment bounds(String id, int min, int max, String evidence) {
        DeploymentSpec.checkBounds(min, max);
        ObjectNode change = Proto.object().put("minReplicaCount", min).put("maxReplicaCount", max);
        Deployment after = Deployment.of(control.patch("change deployment " + id, path(id), change));
        keep(id, "replicas -> " + min + " to " + max, evidence);
        return after;
    }

    /** Sets its bounds and how full a replica shall be, by kind of load; other kinds stay as they are. */
    public Deployment apply(Deployment now, Autoscaler.Proposal proposal) {
        DeploymentSpec.checkBounds(proposal.min(), proposal.max());
        ObjectNode change =
                Proto.object().put("minReplicaCount", proposal.min()).put("maxReplicaCount", proposal.max());
        Map<String, Double> targets = new TreeMap<>(now.loadTargets());
        targets.put("default", proposal.loadTarget());
        ObjectNode written = change.putObject("autoscalingPolicy").putObject("loadTargets");
        targets.forEach(written::put);
        Deployment after = Deployment.of(control.patch("change deployment " + now.id(), path(now.id()), change));
        String what = "replicas " + now.min() + " to " + now.max() + " -> " + proposal.min() + " to " + proposal.max()
                + ", load target " + proposal.loadTarget();
        keep(now.id(), what, proposal.evidence());
        return after;
    }

    /** Changes how it scales: only what is given. */
    public Deployment autoscaling(String id, AutoscalingChange change) {
        Deployment after = Deployment.of(control.patch("change deployment " + id, path(id), change.body()));
        keep(id, change.body().toString(), "asked for");
        return after;
    }

    /** Deletes it. One that served in the last hour is protected unless its checks are ignored. Says whether it was there. */
    public boolean delete(String id, boolean ignoreChecks) {
        boolean was = control.delete("delete deployment " + id, path(id) + (ignoreChecks ? "?ignoreChecks=true" : ""));
        keep(id, "deleted", "asked for");
        return was;
    }

    private void keep(String id, String what, String evidence) {
        long nowMs = control.clock().now().toEpochMilli();
        changes.add(new Change(
                UUID.randomUUID().toString(), nowMs, control.account(), "deployments/" + id, what, evidence, true));
    }

    /** The newest changes that we made to it, newest first. */
    public List<Change> changes(String id, int most) {
        return changes.of(control.account(), "deployments/" + id, most);
    }

    /**
     * Wakes it from zero, and returns when it has answered a real request. One wake-up per deployment at a time: others join it.
     *
     * @return how many probes it took
     */
    public int wake(String id, WakeUp schedule, WakeUp.Listener listener) {
        String model = "accounts/" + control.account() + "/deployments/" + id;
        return waking.run(id, () -> schedule.run(id, this, prober, model, control.clock(), listener));
    }

    private String path(String id) {
        return control.path("deployments/" + Ids.check("deployment", id));
    }
}
