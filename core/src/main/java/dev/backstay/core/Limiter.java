package dev.backstay.core;

import java.time.Duration;
import java.util.Optional;

/**
 * Is there room? Paces what is sent with one key to one model, so that a provider's limits are used and not met.
 *
 * <p>A provider limits prompt tokens, prompt tokens that it had not cached, generated tokens and requests. What the limits
 * are, it says in headers that are incomplete, differ between its instances, and grow as they are used; so four
 * {@link Meter}s follow what was said. Each send takes what it will use by estimate, and gets back or pays the difference
 * when the answer says what it was. A {@link Window} bounds what is in flight where machines are the limit.
 *
 * <p>Limits grow with sustained use, so the pace is just below what was said, {@value #SHARE} of it, and not half. Other
 * processes may share the account: a 429 makes the share smaller (×{@value #LESS}, once in 10 s), a quiet time makes it
 * larger again, which converges to a fair division (Chiu and Jain, 1989).
 *
 * <p>Who has to wait stands in an {@link AdmissionQueue}. Wake-ups are pushed through the lease's {@link Waker} when it is
 * first in line; there are no timers. What was deducted was granted: a wait ends with another look, never with a debt.
 *
 * <p>Thread-safe.
 */
public final class Limiter {

    /** Share of the limit that is used. */
    public static final double SHARE = 0.98;

    /** What a 429 leaves of the share. */
    public static final double LESS = 0.9;

    private static final double MORE = 0.05;
    private static final double LEAST_SHARE = 0.05;
    private static final long ROUND_NANOS = 10_000_000_000L;
    private static final double LEARN = 0.05;
    private static final double GUESS_GROWTH = 1.05;

    /** An answer has about so many tokens while nothing is known. */
    private static final double USUAL_OUTPUT = 256;

    /** The queue is nearly empty when it is done within this share of the time that a call has. */
    private static final double NEARLY_EMPTY = 0.05;

    /** Less than this share of the usual time is not enough to begin. */
    private static final double TOO_LATE = 0.8;

    private static final int PROMPT = 0;
    private static final int UNCACHED = 1;
    private static final int GENERATED = 2;
    private static final int REQUESTS = 3;

    private final Meter[] meters = {new Meter(), new Meter(), new Meter(), new Meter()};
    private final double[] queuedTokens = new double[meters.length];
    private final Window window = new Window();
    private final AdmissionQueue queue = new AdmissionQueue();
    private double share = SHARE;
    private long shareChangedNanos;
    private boolean limited;
    private long notBeforeNanos;
    private boolean held;
    private double usualOutput = USUAL_OUTPUT;
    private double cachedShare;
    private double usualNanos;
    private double sentPerSecond;
    private long sentNanos;
    private long leases;

    /** The answer to a call that asks to send. */
    public enum Admission {
        /** Go. */
        GO,
        /** Wait until {@link Lease#wakeNanos} or until woken, then ask again. */
        WAIT,
        /** There will be no room in time. */
        REFUSED
    }

    /** A call's place at a limiter. Its fields belong to the limiter. */
    public static final class Lease {

        private enum Place {
            OUTSIDE,
            WAITING,
            HELD
        }

        private final Request request;
        private final Waker waker;
        private final long number;
        private final double[] amounts = new double[4];
        private Place place = Place.OUTSIDE;
        private boolean refused;
        private long grantedNanos;
        private long wakeNanos;

        private Lease(Request request, Waker waker, long number) {
            this.request = request;
            this.waker = waker;
            this.number = number;
        }

        /** After {@link Admission#WAIT}: when to ask again, unless woken earlier. Never after the deadline. */
        public long wakeNanos() {
            return wakeNanos;
        }

        Deadline deadline() {
            return request.deadline();
        }

        Priority priority() {
            return request.priority();
        }

        long number() {
            return number;
        }
    }

    /** A lease for a call. */
    public synchronized Lease lease(Request request, Waker waker) {
        return new Lease(request, waker, leases++);
    }

    /** May this call send an attempt now? */
    public synchronized Admission admit(Lease lease, long nowNanos) {
        if (lease.place == Lease.Place.OUTSIDE) {
            estimate(lease);
        }
        if (lease.refused) {
            return Admission.REFUSED;
        }
        boolean itsTurn = queue.isEmpty() || queue.next().orElse(lease) == lease;
        long wait = itsTurn ? waitNanos(lease, nowNanos) : Long.MAX_VALUE;
        if (wait == 0) {
            grant(lease, nowNanos);
            return Admission.GO;
        }
        if (cannotEndInTime(lease, nowNanos)) {
            leave(lease, nowNanos);
            return Admission.REFUSED;
        }
        enqueue(lease, nowNanos);
        if (lease.refused) {
            return Admission.REFUSED;
        }
        long lastStart = lease.deadline().atNanos() - (long) (TOO_LATE * usualNanos);
        long until = wait == Long.MAX_VALUE ? lastStart : Math.min(nowNanos + wait, lastStart);
        lease.wakeNanos = Math.max(nowNanos + 1, until);
        return Admission.WAIT;
    }

    /** Goes without asking: a probe, which has to be sent whatever the limits say. */
    public synchronized void force(Lease lease, long nowNanos) {
        if (lease.place == Lease.Place.WAITING) {
            dequeue(lease);
            lease.place = Lease.Place.OUTSIDE;
        }
        estimate(lease);
        grant(lease, nowNanos);
    }

    /** The attempt ended; {@code comesFromLoad} says whether failures are known to come from load. */
    public synchronized void ended(Lease lease, Outcome outcome, boolean comesFromLoad, long nowNanos) {
        if (lease.place != Lease.Place.HELD) {
            return;
        }
        if (outcome instanceof Outcome.Completed completed) {
            answered(lease, completed.usage(), nowNanos);
        } else {
            failed(lease, ((Outcome.Failed) outcome).failure(), comesFromLoad, nowNanos);
        }
        window.leave();
        lease.place = Lease.Place.OUTSIDE;
        wakeNext();
    }

    /** The call no longer wants to send, or gives back what it was granted and did not use. */
    public synchronized void leave(Lease lease, long nowNanos) {
        if (lease.place == Lease.Place.WAITING) {
            dequeue(lease);
            wakeNext();
        } else if (lease.place == Lease.Place.HELD) {
            takeAll(lease, -1);
            window.leave();
            wakeNext();
        }
        lease.place = Lease.Place.OUTSIDE;
    }

    /** The head of an answer said something about limits. */
    public synchronized void heard(ServerSaid said, long nowNanos) {
        meters[PROMPT].heard(said.promptPerMinute(), nowNanos);
        meters[UNCACHED].heard(said.uncachedPerMinute(), nowNanos);
        meters[GENERATED].heard(said.generatedPerMinute(), nowNanos);
        meters[REQUESTS].heard(said.requestsPerMinute(), nowNanos);
        limited |= said != ServerSaid.SILENT;
        if (said.queueNanos() != ServerSaid.NOTHING) {
            window.queued(said.queueNanos());
        }
    }

    /** Calls waiting here. */
    public synchronized int waiting() {
        return queue.size();
    }

    /** Attempts in flight. */
    public synchronized int inFlight() {
        return window.held();
    }

    /** The share of the known limits that is used, for metrics. */
    public synchronized double share() {
        return share;
    }

    /** How many attempts at a time, for metrics; infinite while there is no bound. */
    public synchronized double windowLimit() {
        return window.limit();
    }

    /** How much of the tightest limit is used now, from 0 to 1; for those who would send more than they must. */
    public synchronized double used(long nowNanos) {
        double most = window.isBounded() ? window.held() / window.limit() : 0;
        for (Meter meter : meters) {
            if (meter.isKnown()) {
                double wait = meter.waitNanos(meter.perSecond(), share, nowNanos);
                most = Math.max(most, Math.min(1, wait / 1e9));
            }
        }
        return most;
    }

    private void estimate(Lease lease) {
        double prompt = lease.request.size().promptTokens();
        lease.amounts[PROMPT] = prompt;
        lease.amounts[UNCACHED] = prompt * (1 - cachedShare);
        lease.amounts[GENERATED] = Math.min(lease.request.size().outputLimit(), usualOutput);
        lease.amounts[REQUESTS] = 1;
    }

    /** How long until there is room; {@link Long#MAX_VALUE} if only an end makes some. */
    private long waitNanos(Lease lease, long nowNanos) {
        if (!window.hasRoom()) {
            return Long.MAX_VALUE;
        }
        double wait = held ? Math.max(0, notBeforeNanos - nowNanos) : 0;
        held = wait > 0;
        if (limited) {
            for (int i = 0; i < meters.length; i++) {
                wait = Math.max(wait, meters[i].waitNanos(lease.amounts[i], share, nowNanos));
            }
        }
        return (long) Math.ceil(wait);
    }

    private void grant(Lease lease, long nowNanos) {
        if (lease.place == Lease.Place.WAITING) {
            dequeue(lease);
        }
        if (!queue.isEmpty()) {
            queue.turnTaken();
        }
        lease.place = Lease.Place.HELD;
        lease.grantedNanos = nowNanos;
        takeAll(lease, 1);
        window.enter();
        measure(nowNanos);
        wakeNext();
    }

    private void takeAll(Lease lease, int sign) {
        if (limited) {
            for (int i = 0; i < meters.length; i++) {
                meters[i].take(sign * lease.amounts[i]);
            }
        }
    }

    private void measure(long nowNanos) {
        double seconds = Math.max(0, nowNanos - sentNanos) / 1e9;
        double keep = Math.exp(-seconds / 10);
        sentPerSecond = sentPerSecond * keep + 0.1;
        sentNanos = nowNanos;
    }

    private boolean cannotEndInTime(Lease lease, long nowNanos) {
        return lease.deadline().remainingNanos(nowNanos) <= TOO_LATE * usualNanos;
    }

    private void enqueue(Lease lease, long nowNanos) {
        if (lease.place != Lease.Place.WAITING) {
            lease.place = Lease.Place.WAITING;
            queue.add(lease);
            count(lease, 1);
            if (queue.size() > AdmissionQueue.MAX_WAITING) {
                queue.last().ifPresent(this::refuse);
            }
        }
        double drainNanos = drainNanos(nowNanos);
        double left = lease.deadline().remainingNanos(nowNanos) - usualNanos;
        if (drainNanos > left) {
            queue.latestFirst(true);
        } else if (drainNanos < NEARLY_EMPTY * left) {
            queue.latestFirst(false);
        }
    }

    private void refuse(Lease last) {
        dequeue(last);
        last.place = Lease.Place.OUTSIDE;
        last.refused = true;
        last.waker.wake();
    }

    private void dequeue(Lease lease) {
        queue.remove(lease);
        count(lease, -1);
        if (queue.isEmpty()) {
            queue.latestFirst(false);
        }
    }

    private void count(Lease lease, int sign) {
        for (int i = 0; i < meters.length; i++) {
            queuedTokens[i] += sign * lease.amounts[i];
        }
    }

    /** How long until all who wait now have been served. */
    private double drainNanos(long nowNanos) {
        double drain = window.isBounded() ? queue.size() * usualNanos / window.limit() : 0;
        for (int i = 0; i < meters.length; i++) {
            if (meters[i].isKnown()) {
                drain = Math.max(drain, queuedTokens[i] / (meters[i].perSecond() * share) * 1e9);
            }
        }
        return Math.max(drain, held ? notBeforeNanos - nowNanos : 0);
    }

    private void answered(Lease lease, Usage usage, long nowNanos) {
        window.answered();
        usualNanos +=
                usualNanos == 0 ? nowNanos - lease.grantedNanos : (nowNanos - lease.grantedNanos - usualNanos) * LEARN;
        if (usage.promptTokens() + usage.completionTokens() > 0) {
            usualOutput += (usage.completionTokens() - usualOutput) * LEARN;
            double cached = usage.promptTokens() == 0 ? 0 : (double) usage.cachedTokens() / usage.promptTokens();
            cachedShare += (cached - cachedShare) * LEARN;
            settle(lease, usage);
        }
        if (limited && share < SHARE && nowNanos - shareChangedNanos >= ROUND_NANOS) {
            share = Math.min(SHARE, share + MORE);
            shareChangedNanos = nowNanos;
        }
        Meter requests = meters[REQUESTS];
        if (requests.isKnown() && !requests.isSaid() && nowNanos - shareChangedNanos >= ROUND_NANOS) {
            requests.felt(requests.perSecond() * GUESS_GROWTH, nowNanos);
            shareChangedNanos = nowNanos;
        }
    }

    private void settle(Lease lease, Usage usage) {
        meters[PROMPT].take(usage.promptTokens() - lease.amounts[PROMPT]);
        meters[UNCACHED].take(usage.promptTokens() - usage.cachedTokens() - lease.amounts[UNCACHED]);
        meters[GENERATED].take(usage.completionTokens() - lease.amounts[GENERATED]);
    }

    private void failed(Lease lease, Failure failure, boolean comesFromLoad, long nowNanos) {
        switch (failure.kind()) {
            case RATE_LIMITED -> rateLimited(lease, failure.hint(), nowNanos);
            case OVERLOADED, BAD_GATEWAY -> {
                if (comesFromLoad) {
                    window.shed();
                }
                failure.hint().ifPresent(hint -> holdUntil(nowNanos + hint.toNanos()));
            }
            default -> {}
        }
    }

    /** What was refused was not used; whoever comes next waits as the server asked, and all go slower. */
    private void rateLimited(Lease lease, Optional<Duration> hint, long nowNanos) {
        takeAll(lease, -1);
        limited = true;
        hint.ifPresent(time -> holdUntil(nowNanos + time.toNanos()));
        if (nowNanos - shareChangedNanos < ROUND_NANOS) {
            return;
        }
        shareChangedNanos = nowNanos;
        boolean said = meters[PROMPT].isSaid() || meters[UNCACHED].isSaid() || meters[GENERATED].isSaid();
        if (said || meters[REQUESTS].isSaid()) {
            share = Math.max(LEAST_SHARE, share * LESS);
        } else {
            double felt =
                    meters[REQUESTS].isKnown() ? Math.min(meters[REQUESTS].perSecond(), sentPerSecond) : sentPerSecond;
            meters[REQUESTS].felt(Math.max(0.1, felt * LESS), nowNanos);
        }
    }

    private void holdUntil(long momentNanos) {
        notBeforeNanos = held && notBeforeNanos - momentNanos > 0 ? notBeforeNanos : momentNanos;
        held = true;
    }

    private void wakeNext() {
        if (!queue.isEmpty()) {
            queue.next().ifPresent(next -> next.waker.wake());
        }
    }
}
