package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.backstay.fireworks.FireworksException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Managed fine-tuning: SFT, DPO and RFT jobs. There is no push, so waiting is looking. Thread-safe. */
public final class TuningJobs {

    private final ControlPlane control;

    TuningJobs(ControlPlane control) {
        this.control = control;
    }

    /** Creates a job, or finds the same one that is there. */
    public TuningJob create(TuningJob.Kind kind, String id, ObjectNode body) {
        Ids.check("job", id);
        String collection = control.path(kind.plural());
        return TuningJob.of(
                kind,
                control.create(
                        "create " + kind.label() + " job " + id,
                        collection + "?" + kind.idParameter() + "=" + id,
                        path(kind, id),
                        body));
    }

    /** A job. */
    public TuningJob get(TuningJob.Kind kind, String id) {
        return TuningJob.of(kind, control.get("read " + kind.label() + " job " + id, path(kind, id)));
    }

    /** All of a kind. */
    public List<TuningJob> list(TuningJob.Kind kind) {
        return control.list("list " + kind.label() + " jobs", control.path(kind.plural()), kind.plural()).stream()
                .map(row -> TuningJob.of(kind, row))
                .toList();
    }

    /** Cancels it; it can be resumed. */
    public TuningJob cancel(TuningJob.Kind kind, String id) {
        control.post("cancel " + kind.label() + " job " + id, path(kind, id) + ":cancel", Proto.object());
        return get(kind, id);
    }

    /** Resumes one that failed, was cancelled or is paused. */
    public TuningJob resume(TuningJob.Kind kind, String id) {
        control.post("resume " + kind.label() + " job " + id, path(kind, id) + ":resume", Proto.object());
        return get(kind, id);
    }

    /**
     * Waits until it has ended. A control plane that does not answer for a while does not end the wait.
     *
     * @throws FireworksException if it ends in another way than COMPLETED or EARLY_STOPPED, is paused, or takes longer than this
     */
    public TuningJob await(
            TuningJob.Kind kind, String id, Duration poll, Duration atMost, Consumer<TuningJob> progress) {
        long until = control.clock().nanos() + atMost.toNanos();
        try {
            while (until - control.clock().nanos() > 0) {
                try {
                    TuningJob job = get(kind, id);
                    progress.accept(job);
                    if (job.state().kind() == JobState.Kind.DONE) {
                        return job;
                    }
                    if (job.state().isTerminal() || job.state() == JobState.PAUSED) {
                        String advice = job.state() == JobState.PAUSED
                                ? "it is paused, mostly because the account is suspended: pay, then resume it"
                                : "read its message; resume it when the cause is gone";
                        throw new FireworksException(
                                Reason.FAILED,
                                kind.label() + " job " + id + " is " + job.state()
                                        + (job.message().isEmpty() ? "" : ": " + job.message()),
                                advice);
                    }
                } catch (FireworksException no) {
                    if (!no.isTransient()) {
                        throw no;
                    }
                }
                control.clock().pause(poll);
            }
        } catch (InterruptedException left) {
            Thread.currentThread().interrupt();
            throw new FireworksException(
                    Reason.CANCELLED, "the wait for " + id + " was cancelled; the job goes on", "");
        }
        throw new FireworksException(
                Reason.TIMEOUT,
                kind.label() + " job " + id + " has not ended within " + atMost,
                "wait again; the job goes on");
    }

    private String path(TuningJob.Kind kind, String id) {
        return control.path(kind.plural() + "/" + Ids.check("job", id));
    }
}
