package dev.backstay.fireworks;

import dev.backstay.fireworks.FireworksException.Reason;
import dev.backstay.ledger.Watch;
import dev.backstay.ledger.Watches;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Trainers in service mode: create, wait, reconnect after a preemption, checkpoints.
 *
 * <p>The names, parameters and defaults are those of the official Python class. A wait is a row in the ledger, so it goes on with
 * its clocks after a restart ({@link #takeUp}). Interrupting the thread cancels the wait and not the job.
 *
 * <p>Thread-safe. A second reconnect of the same job joins the first, also from another process that uses the same ledger.
 */
public final class TrainerJobManager {

    static final String KIND = "trainer";

    /** Hears how a wait goes on: what is known, and why it goes on as it does. */
    @FunctionalInterface
    public interface Listener {

        /** Hears nothing. */
        Listener NONE = (watch, because) -> {};

        void heard(Watch watch, String because);
    }

    private final ControlPlane control;
    private final Prober prober;
    private final Watches watches;
    private final Checkpoints checkpoints;
    private final String holder;
    private final SingleFlight<TrainerEndpoint> reconnecting = new SingleFlight<>();
    private final Map<String, Long> servingNanos = new ConcurrentHashMap<>();

    TrainerJobManager(ControlPlane control, Prober prober, Watches watches, String holder) {
        this.control = control;
        this.prober = prober;
        this.watches = watches;
        this.checkpoints = new Checkpoints(control);
        this.holder = holder;
    }

    /** Creates a trainer, or finds the same one that is there. One that is deleted blocks its id. */
    public TrainerJob create(TrainerSpec spec) {
        String what = "create trainer " + spec.id();
        TrainerJob made = TrainerJob.of(
                control.create(what, control.path("rlorTrainerJobs" + spec.query()), path(spec.id()), spec.body()));
        if (made.state().kind() == JobState.Kind.TOMBSTONE) {
            throw new FireworksException(
                    Reason.GONE,
                    "could not " + what + ": its id belongs to one that is deleted",
                    "choose a new id; the checkpoints of the deleted one can still be promoted for 30 days");
        }
        return made;
    }

    /** Creates a trainer and waits until it serves. A control plane that is away is waited for, too. */
    public TrainerEndpoint createAndWait(TrainerSpec spec, WaitLimits limits, Listener listener) {
        patiently(limits, "create trainer " + spec.id(), listener, spec.id(), () -> create(spec));
        return waitForReady(spec.id(), limits, listener);
    }

    /** Waits until a trainer serves; one that stops is an error. */
    public TrainerEndpoint waitForReady(String id, WaitLimits limits, Listener listener) {
        return await(id, new TrainerWait(limits, TrainerWait.Wish.READY, false), false, listener);
    }

    /** The same, for one that somebody else made. */
    public TrainerEndpoint waitForExisting(String id, WaitLimits limits, Listener listener) {
        get(id);
        return waitForReady(id, limits, listener);
    }

    /** Resumes a trainer that stands still, and waits until it serves. */
    public TrainerEndpoint resumeAndWait(String id, WaitLimits limits, Listener listener) {
        resume(id);
        return await(id, new TrainerWait(limits, TrainerWait.Wish.READY, false), true, listener);
    }

    /**
     * Brings a trainer back, whatever happened to it: waits if it comes back by itself, resumes it if it stands still, restarts it if it
     * says that it runs and makes no step ({@link #progress}).
     *
     * @param resumeCompleted whether one that has finished is resumed; else that is an error of {@link Reason#COMPLETED}
     */
    public TrainerEndpoint reconnectAndWait(String id, WaitLimits limits, boolean resumeCompleted, Listener listener) {
        return reconnecting.run(
                id,
                () -> await(id, new TrainerWait(limits, TrainerWait.Wish.RECONNECT, resumeCompleted), false, listener));
    }

    /** It serves, as far as this process was told; steps are waited for since the first time that it was told so. */
    void toldReady(String id) {
        servingNanos.putIfAbsent(id, control.clock().nanos());
    }

    /** It did something else than serve, or nobody could see it: nobody waited for a step. */
    void notServing(String id) {
        servingNanos.remove(id);
    }

    /** Whether somebody has joined a reconnect that is under way. */
    boolean isJoined(String id) {
        return reconnecting.isJoined(id);
    }

    /** Takes up a wait that another process began and did not end. */
    public TrainerEndpoint takeUp(Watch unfinished, WaitLimits limits, Listener listener) {
        TrainerWait.Wish wish = TrainerWait.Wish.named(unfinished.wish());
        return await(unfinished.job(), new TrainerWait(limits, wish, false), false, listener);
    }

    private TrainerEndpoint await(String id, TrainerWait wait, boolean resumed, Listener listener) {
        patiently(wait.limits(), "find the account of the key", listener, id, control::account);
        Watch fresh = Watch.begun(KIND, control.account(), id, wait.wish().label(), nowMs());
        return new TrainerWaiting(this, control, prober, watches, holder, fresh, wait, resumed, listener).run();
    }

    /** Does it as soon as the control plane can be asked; the clock for capacity bounds it. */
    private <T> T patiently(WaitLimits limits, String what, Listener listener, String id, Supplier<T> asked) {
        long untilMs = nowMs() + limits.pending().toMillis();
        while (true) {
            try {
                return asked.get();
            } catch (FireworksException no) {
                if (!no.isTransient() || nowMs() > untilMs) {
                    throw no;
                }
                listener.heard(
                        Watch.begun(KIND, "", id, TrainerWait.Wish.READY.label(), nowMs()),
                        "the control plane does not answer: " + no.getMessage());
            }
            try {
                control.clock().pause(limits.poll());
            } catch (InterruptedException left) {
                Thread.currentThread().interrupt();
                throw new FireworksException(Reason.CANCELLED, "could not " + what + ": the wait was cancelled", "");
            }
        }
    }

    /** A trainer. */
    public TrainerJob get(String id) {
        return TrainerJob.of(control.get("read trainer " + id, path(id)));
    }

    /** A trainer, if there is one. */
    public Optional<TrainerJob> find(String id) {
        return control.find("read trainer " + id, path(id)).map(TrainerJob::of);
    }

    /** All trainers that are not deleted. */
    public List<TrainerJob> list() {
        return control.list("list trainers", control.path("rlorTrainerJobs"), "rlorTrainerJobs").stream()
                .map(TrainerJob::of)
                .toList();
    }

    /** Resumes it. One that is on its way already, for example because an answer was lost, is as good. */
    public void resume(String id) {
        try {
            control.post("resume trainer " + id, path(id) + ":resume", Proto.object());
        } catch (FireworksException no) {
            boolean already = no.reason() == Reason.WRONG || no.reason() == Reason.CONFLICT;
            JobState.Kind kind = already ? get(id).state().kind() : JobState.Kind.STOPPED;
            boolean onItsWay =
                    kind == JobState.Kind.QUEUED || kind == JobState.Kind.WORKING || kind == JobState.Kind.RUNNING;
            if (!onItsWay) {
                throw no;
            }
        }
    }

    /** Cancels it. */
    public void cancel(String id) {
        control.post("cancel trainer " + id, path(id) + ":cancel", Proto.object());
    }

    /** Deletes it; its checkpoints stay for 30 days, and its id cannot be used again. Says whether it was there. */
    public boolean delete(String id) {
        return control.delete("delete trainer " + id, path(id));
    }

    /** All its checkpoints, oldest first. If they cannot be listed, that is an error: nobody may take it for a fresh start. */
    public List<Checkpoint> listCheckpoints(String id) {
        return checkpoints.list(id);
    }

    /**
     * Where training goes on: the newest checkpoint with the optimizer's state. Empty only if nothing was ever saved, as the list
     * and the ledger say; a save that is known and not listed yet is waited for.
     */
    public Optional<Checkpoint> resumePoint(String id) {
        return checkpoints.resumePoint(
                id,
                watches.find(KIND, control.account(), id).map(Watch::savedStep).orElse(-1L));
    }

    /**
     * Makes a model of a checkpoint, and waits until it is one.
     *
     * @return the model's full name
     */
    public String promoteCheckpoint(
            String id, String checkpoint, String outputModel, String baseModel, Listener listener) {
        Watch shown = Watch.begun(KIND, control.account(), id, "promote", nowMs());
        return checkpoints.promote(id, checkpoint, outputModel, baseModel, because -> listener.heard(shown, because));
    }

    /** Training has come so far; that is what shows that a trainer is alive. */
    public void progress(String id, long step) {
        servingNanos.remove(id);
        watches.reached(KIND, control.account(), id, step, nowMs());
    }

    /** A step was saved with the optimizer's state. */
    public void saved(String id, long step) {
        progress(id, step);
        watches.saved(KIND, control.account(), id, step, nowMs());
    }

    /**
     * How long this process has waited for a step of a trainer that it was told serves. What other processes saw says nothing, because
     * a trainer makes no step while nobody asks for one; and while it boots, or nobody can see it, nobody waits for one.
     */
    Duration stillFor(String id) {
        Long since = servingNanos.get(id);
        return since == null ? Duration.ZERO : Duration.ofNanos(control.clock().nanos() - since);
    }

    /** What is known of the work at risk: the steps since the newest save, and since when. */
    public Optional<Watch> known(String id) {
        return watches.find(KIND, control.account(), id);
    }

    private String path(String id) {
        return control.path("rlorTrainerJobs/" + Ids.check("trainer", id));
    }

    private long nowMs() {
        Instant now = control.clock().now();
        return now.toEpochMilli();
    }
}
