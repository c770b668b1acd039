package dev.backstay.fireworks;

import dev.backstay.fireworks.FireworksException.Reason;
import dev.backstay.ledger.Watch;
import dev.backstay.ledger.Watches;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One wait for a trainer: looks, decides, keeps what is known, does it. While another process holds the wait, this one only follows,
 * and takes over when that one is gone. Belongs to one thread.
 */
final class TrainerWaiting {

    private final TrainerJobManager trainers;
    private final ControlPlane control;
    private final Prober prober;
    private final Watches watches;
    private final String holder;
    private final String id;
    private final TrainerWait wait;
    private final TrainerWait following;
    private final TrainerJobManager.Listener listener;
    private final boolean resumed;
    private boolean kept;
    private boolean told;
    private Watch watch;
    private Optional<TrainerEndpoint> found = Optional.empty();
    private @Nullable TrainerEndpoint endpoint;

    TrainerWaiting(
            TrainerJobManager trainers,
            ControlPlane control,
            Prober prober,
            Watches watches,
            String holder,
            Watch fresh,
            TrainerWait wait,
            boolean resumed,
            TrainerJobManager.Listener listener) {
        this.trainers = trainers;
        this.control = control;
        this.prober = prober;
        this.watches = watches;
        this.holder = holder;
        this.id = fresh.job();
        this.wait = wait;
        this.following = new TrainerWait(wait.limits(), TrainerWait.Wish.FOLLOW, false);
        this.resumed = resumed;
        this.listener = listener;
        this.watch = fresh;
    }

    TrainerEndpoint run() {
        try {
            while (endpoint == null) {
                take();
                TrainerWait.Decision decision = (kept ? wait : following).decide(watch, look(), nowMs());
                watch = decision.watch();
                carryOut(decision.move());
                keep();
            }
            return endpoint;
        } catch (InterruptedException left) {
            Thread.currentThread().interrupt();
            throw cancelled();
        } catch (FireworksException no) {
            if (no.reason() == Reason.CANCELLED && kept) {
                watches.release(watch);
            } else if (kept && watch.isUnfinished()) {
                watch = watch.ended(no.reason().name().toLowerCase(Locale.ROOT), nowMs());
                keep();
            }
            throw no;
        }
    }

    private void take() {
        if (kept) {
            return;
        }
        try {
            Optional<Watch> mine = taken(watch);
            kept = mine.isPresent();
            mine.ifPresent(row -> watch = resumed ? row.resumed(nowMs()) : row);
        } catch (RuntimeException noLedger) {
            listener.heard(watch, "the ledger does not answer: " + noLedger.getMessage());
            return;
        }
        if (!kept && !told) {
            told = true;
            listener.heard(watch, "another process reconnects " + id + "; following it");
        }
    }

    private FireworksException cancelled() {
        if (kept) {
            watches.release(watch);
        }
        return new FireworksException(
                Reason.CANCELLED,
                "the wait for " + id + " was cancelled; the job goes on",
                "take it up with: backstay trainer watch");
    }

    /** A ledger that does not answer for a moment ends no wait. */
    private void keep() {
        if (!kept) {
            return;
        }
        try {
            Watch row = watches.keep(watch, holder, nowMs());
            kept = row.holder().equals(holder) || !watch.isUnfinished();
            watch = kept ? row : watch;
        } catch (RuntimeException noLedger) {
            listener.heard(watch, "the ledger does not answer: " + noLedger.getMessage());
        }
    }

    private TrainerWait.Seen look() {
        try {
            TrainerJob job = trainers.get(id);
            if (job.state().kind() != JobState.Kind.RUNNING) {
                trainers.notServing(id);
                return new TrainerWait.Job(job, false, Duration.ZERO);
            }
            found = healthy(job);
            return new TrainerWait.Job(job, found.isPresent(), trainers.stillFor(id));
        } catch (FireworksException no) {
            if (no.isTransient()) {
                trainers.notServing(id);
                return new TrainerWait.Nothing(String.valueOf(no.getMessage()));
            }
            throw no;
        }
    }

    private void carryOut(TrainerWait.Move move) throws InterruptedException {
        if (move instanceof TrainerWait.Again again) {
            listener.heard(watch, again.because());
            control.clock().pause(again.after());
        } else if (move instanceof TrainerWait.Resume resume) {
            listener.heard(watch, "resuming: " + resume.because());
            resume(false);
        } else if (move instanceof TrainerWait.Restart restart) {
            listener.heard(watch, "restarting: " + restart.because());
            resume(true);
        } else if (move instanceof TrainerWait.Fail fail) {
            throw new FireworksException(fail.reason(), fail.what(), fail.advice());
        } else {
            endpoint = found.orElseThrow();
            trainers.toldReady(id);
            listener.heard(watch, "ready at " + endpoint.baseUrl());
            watch = watch.ended("ready", nowMs());
        }
    }

    /**
     * The intention is kept before the deed, so that two who both believe to hold the wait do not both do it. An outage between, or a state
     * that has changed meanwhile, is no end: the next look decides again.
     */
    private void resume(boolean cancelFirst) throws InterruptedException {
        watch = watch.resumed(nowMs());
        keep();
        if (!kept) {
            return;
        }
        try {
            if (cancelFirst) {
                trainers.cancel(id);
            }
            trainers.resume(id);
            trainers.notServing(id);
        } catch (FireworksException no) {
            boolean changed = no.reason() == Reason.WRONG || no.reason() == Reason.CONFLICT;
            if (!no.isTransient() && !changed) {
                throw no;
            }
            listener.heard(watch, "looks again: " + no.getMessage());
            control.clock().pause(wait.limits().poll());
        }
    }

    /** The wait for this job, if nobody else holds it; a holder that was killed on this machine holds nothing. */
    private Optional<Watch> taken(Watch fresh) {
        Optional<Watch> mine = watches.take(fresh, holder, nowMs());
        if (mine.isPresent()) {
            return mine;
        }
        Optional<Watch> others = watches.find(fresh.kind(), fresh.account(), fresh.job());
        if (others.isEmpty() || !Holder.isGone(others.get().holder())) {
            return Optional.empty();
        }
        watches.release(others.get());
        return watches.take(fresh, holder, nowMs());
    }

    /** Healthy by the gateway, else by its own host. Only a 200 counts. */
    private Optional<TrainerEndpoint> healthy(TrainerJob job) {
        String gateway = control.access().base() + "/training/v1/rlorTrainerJobs/" + control.account() + "/" + job.id();
        for (String base :
                job.directRoute().map(direct -> List.of(gateway, direct)).orElse(List.of(gateway))) {
            URI url = URI.create(base);
            if (prober.isHealthy(url)) {
                return Optional.of(new TrainerEndpoint(job.name(), job.id(), url, job.maxContextLength()));
            }
        }
        return Optional.empty();
    }

    private long nowMs() {
        return control.clock().now().toEpochMilli();
    }
}
