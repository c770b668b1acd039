package dev.backstay.fireworks;

import dev.backstay.fireworks.FireworksException.Reason;
import dev.backstay.ledger.Watch;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What to do next about a trainer that somebody waits for. Decides, and does nothing.
 *
 * <p>Each cause of waiting has a clock of its own: capacity, becoming ready, being on the way out, running without a step. A
 * control plane that does not answer stops none of them and starts none: only the one for capacity bounds it, because a job is
 * not lost when somebody cannot look at it.
 *
 * <pre>
 *   seen             who only waits                who reconnects
 *   DELETED …        fail: gone, new id            the same
 *   RUNNING          probe; healthy: ready         the same; without a step for too long: cancel and resume
 *   FAILED           fail, with what it says       resume, unless the cause is its own
 *   PAUSED CANCELLED fail                          resume, unless the account is suspended
 *   COMPLETED        fail: nothing to wait for     resume only if asked to
 *   PENDING          wait, capacity's clock        the same
 *   leaving          wait, a short clock           the same
 *   the rest         wait, readiness' clock        the same
 * </pre>
 *
 * <p>The flow and the defaults are those of the official {@code TrainerJobManager}; what is done otherwise, and why, stands in
 * {@code docs/decisions/0012}.
 *
 * @param limits the clocks
 * @param wish what is waited for
 * @param resumeCompleted whether a finished job is resumed
 */
record TrainerWait(WaitLimits limits, Wish wish, boolean resumeCompleted) {

    /** What is waited for. */
    enum Wish {
        /** That it becomes ready; what stops it is an error. */
        READY,
        /** That it runs again, whatever has stopped it. */
        RECONNECT,
        /** That it becomes ready by what somebody else does. */
        FOLLOW;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Wish named(String label) {
            return valueOf(label.toUpperCase(Locale.ROOT));
        }
    }

    /** What was seen. */
    sealed interface Seen {}

    /**
     * The job.
     *
     * @param healthy whether it answered a probe; only a running one is probed
     * @param stillFor how long this process has waited for a step of it; zero if nobody has
     */
    record Job(TrainerJob job, boolean healthy, Duration stillFor) implements Seen {}

    /** The control plane did not answer. */
    record Nothing(String why) implements Seen {}

    /** What to do. */
    sealed interface Move {}

    /** Look again after a while. */
    record Again(Duration after, String because) implements Move {}

    /** Resume it. */
    record Resume(String because) implements Move {}

    /** Cancel it and then resume it: it says that it runs, and does not. */
    record Restart(String because) implements Move {}

    /** It serves. */
    record Ready() implements Move {}

    /** Give up. */
    record Fail(Reason reason, String what, String advice) implements Move {}

    /** What is known now, and what to do. */
    record Decision(Watch watch, Move move) {}

    /** Causes that a resume cannot change. */
    private static final Set<String> OWN_CAUSES =
            Set.of("INVALID_ARGUMENT", "INVALID_CONFIG", "USER_ERROR", "TIER_REQUIRED", "QUOTA_EXCEEDED");

    Decision decide(Watch watch, Seen seen, long nowMs) {
        if (seen instanceof Nothing nothing) {
            return age(watch, nowMs).compareTo(limits.pending()) > 0
                    ? fail(
                            watch,
                            Reason.TIMEOUT,
                            "the control plane has not shown " + watch.job() + " within " + limits.pending() + ": "
                                    + nothing.why,
                            "raise the time for capacity, or look in the console")
                    : new Decision(
                            watch, new Again(limits.poll(), "the control plane does not answer: " + nothing.why));
        }
        TrainerJob job = ((Job) seen).job;
        JobState state = job.state();
        if (state.kind() == JobState.Kind.TOMBSTONE) {
            return fail(
                    watch,
                    Reason.GONE,
                    job.id() + " is deleted" + said(job),
                    "its id cannot be used again: create one with a new id; its checkpoints can still be promoted for 30 days");
        }
        boolean again = watch.readyMs() == 0
                || was(watch, JobState.Kind.QUEUED)
                || was(watch, JobState.Kind.LEAVING) != (state.kind() == JobState.Kind.LEAVING);
        long readyMs = state.kind() == JobState.Kind.QUEUED ? 0 : again ? nowMs : watch.readyMs();
        Watch known = watch.saw(state.name(), readyMs);
        return switch (state.kind()) {
            case RUNNING -> running(known, (Job) seen, nowMs);
            case STOPPED -> stopped(known, job, nowMs);
            case DONE -> done(known, job, nowMs);
            case QUEUED ->
                bounded(
                        known,
                        job,
                        watch.beganMs(),
                        limits.pending(),
                        "for capacity",
                        "raise the time for capacity, or choose another shape or region",
                        nowMs);
            case LEAVING ->
                bounded(known, job, readyMs, limits.leaving(), "on its way out", "look at it in the console", nowMs);
            default ->
                bounded(
                        known,
                        job,
                        readyMs,
                        limits.ready(),
                        "to become ready",
                        "raise the time for becoming ready; after an hour it is usually capacity",
                        nowMs);
        };
    }

    private static boolean was(Watch watch, JobState.Kind kind) {
        return !watch.state().isEmpty() && JobState.of(watch.state()).kind() == kind;
    }

    private Decision running(Watch watch, Job seen, long nowMs) {
        if (wish == Wish.RECONNECT && seen.stillFor.compareTo(limits.noProgress()) > 0) {
            String because = "RUNNING, and no step for " + seen.stillFor.toMinutes() + " min";
            return again(watch, new Restart(because), seen.job);
        }
        if (seen.healthy) {
            return new Decision(watch, new Ready());
        }
        return bounded(
                watch,
                seen.job,
                watch.readyMs(),
                limits.ready(),
                "to answer a probe",
                "raise the time for becoming ready, or look at its logs",
                nowMs);
    }

    private Decision stopped(Watch watch, TrainerJob job, long nowMs) {
        if (isSettling(watch, nowMs)) {
            return new Decision(watch, new Again(limits.poll(), "resumed; it still shows " + job.state()));
        }
        if (wish == Wish.FOLLOW) {
            return bounded(watch, job, watch.beganMs(), limits.pending(), "for whoever else reconnects it", "", nowMs);
        }
        if (wish == Wish.READY) {
            return fail(
                    watch,
                    Reason.FAILED,
                    job.id() + " is " + job.state() + said(job),
                    "read its logs; resume it when the cause is gone");
        }
        if (isSuspension(job)) {
            return fail(
                    watch,
                    Reason.ACCOUNT_BLOCKED,
                    job.id() + " is " + job.state() + said(job),
                    "the account is suspended: pay or raise the limit in the console, then reconnect");
        }
        if (OWN_CAUSES.contains(job.errorReason())) {
            return fail(
                    watch,
                    Reason.FAILED,
                    job.id() + " is " + job.state() + " by its own fault, " + job.errorReason() + said(job),
                    "fix its settings and create another; resuming brings the same");
        }
        return again(watch, new Resume(job.state() + said(job)), job);
    }

    private Decision done(Watch watch, TrainerJob job, long nowMs) {
        if (isSettling(watch, nowMs)) {
            return new Decision(watch, new Again(limits.poll(), "resumed; it still shows " + job.state()));
        }
        if (wish == Wish.RECONNECT && resumeCompleted) {
            return again(watch, new Resume("finished, and to be resumed all the same"), job);
        }
        if (wish == Wish.FOLLOW) {
            return bounded(
                    watch,
                    job,
                    watch.beganMs(),
                    limits.settle().multipliedBy(4),
                    "for whoever else resumes it",
                    "",
                    nowMs);
        }
        return fail(
                watch,
                Reason.COMPLETED,
                job.id() + " is " + job.state(),
                "there is nothing to wait for; resume it on purpose to train on");
    }

    /** Once more, unless that has been tried often and brought no step. */
    private Decision again(Watch watch, Move move, TrainerJob job) {
        if (watch.resumes() >= limits.mostResumes()) {
            return fail(
                    watch,
                    Reason.FAILED,
                    job.id() + " stopped again after " + watch.resumes() + " resumes without a step between"
                            + said(job),
                    "the cause is probably its own: read its logs before you resume it");
        }
        return new Decision(watch, move);
    }

    private Decision bounded(
            Watch watch, TrainerJob job, long sinceMs, Duration limit, String what, String advice, long nowMs) {
        long waitedMs = nowMs - sinceMs;
        if (waitedMs > limit.toMillis()) {
            return fail(
                    watch,
                    Reason.TIMEOUT,
                    job.id() + " waited longer than " + limit + " " + what + ", and is " + job.state() + said(job),
                    advice);
        }
        return new Decision(watch, new Again(limits.poll(), job.state() + said(job) + ", waiting " + what));
    }

    /** A state from before a resume may still be shown. */
    private boolean isSettling(Watch watch, long nowMs) {
        return watch.resumedMs() > 0
                && nowMs - watch.resumedMs() <= limits.settle().toMillis();
    }

    private static Duration age(Watch watch, long nowMs) {
        return Duration.ofMillis(nowMs - watch.beganMs());
    }

    private static boolean isSuspension(TrainerJob job) {
        String message = job.message().toLowerCase(Locale.ROOT);
        return job.state() == JobState.PAUSED && (message.contains("suspended") || message.contains("spending limit"));
    }

    private static String said(TrainerJob job) {
        return Optional.of(job.message())
                .filter(message -> !message.isEmpty())
                .map(message -> ": " + message)
                .orElse("");
    }

    private static Decision fail(Watch watch, Reason reason, String what, String advice) {
        return new Decision(watch, new Fail(reason, what, advice));
    }
}
