package dev.backstay.core;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Is there room? Paces what is sent with one key to one model, so that a provider's limits are used and not met.
 *
 * <p>A provider limits prompt tokens, prompt tokens that it had not cached, generated tokens and requests. What the limits
 * are, it says in headers that are incomplete, differ between its instances, and grow as they are used; so four
 * {@link Meter}s follow what was said. Each send takes what it will use by estimate, and gets back or pays the difference
 * when the answer says what it was. A {@link Window} bounds what is in flight where machines are the limit.
 *
 * <p>Limits grow with sustained use, so the pace is what was said, and not half of it. Other
 * processes may share the account: a 429 makes the share smaller (to {@value Share#LESS} of what was accepted, at most
 * every 2 s), ten quiet seconds make it larger again by a step, which converges to a fair division (Chiu and Jain, 1989).
 *
 * <p>Who has to wait stands in an {@link AdmissionQueue}. Wake-ups are pushed through the lease's {@link Waker} when it is
 * first in line; there are no timers. Nothing is deducted before it is granted; who stops waiting leaves no debt.
 *
 * <p>Thread-safe.
 */
public final class Limiter {

    private static final double GUESS_GROWTH = 1.05;
    private static final double LEAST_GUESS = 0.1;
    private static final double LEARN = 0.05;
    private static final Waker NOBODY = () -> {};

    /** Longer than this nobody is held back by what a server that is in trouble asks for. */
    private static final long LONGEST_HOLD_NANOS = 120_000_000_000L;

    /** In a pause that is longer than this one call looks each time it has passed, because the hint may be wrong. */
    static final long LOOK_NANOS = 60_000_000_000L;

    /** No pause is longer than a call may be. */
    private static final long LONGEST_PAUSE_NANOS =
            Duration.ofHours(Deadline.LONGEST_HOURS).toNanos();

    /** A bound under which this much is still turned away is not the right one. */
    private static final double MISTAKEN = 0.2;

    private static final int PROMPT = 0;
    private static final int UNCACHED = 1;
    private static final int GENERATED = 2;
    private static final int REQUESTS = 3;

    private final Meter[] meters = {new Meter(), new Meter(), new Meter(), new Meter()};
    private final double[] ahead = new double[4];
    private final Window window = new Window();
    private final AdmissionQueue queue = new AdmissionQueue();
    private final Share share = new Share();
    private final Forecast forecast = new Forecast();
    private boolean limited;
    private long notBeforeNanos;
    private boolean held;
    private @Nullable Failure longPause;
    private long lookedNanos;
    private double failing;
    private final Rate sent = new Rate();
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

    /** A lease for a call. */
    public synchronized Lease lease(Request request, Waker waker) {
        return new Lease(request, waker, leases++);
    }

    /**
     * May this call send an attempt now?
     *
     * @param mayWait whether it stands in line if it may not
     */
    public synchronized Admission admit(Lease lease, boolean mayWait, long nowNanos) {
        if (lease.place == Lease.Place.OUTSIDE) {
            estimate(lease);
        }
        if (lease.refused) {
            return Admission.REFUSED;
        }
        long wait = waitInTurnNanos(lease, nowNanos);
        if (wait == 0) {
            grant(lease, nowNanos);
            return Admission.GO;
        }
        if (lease.place == Lease.Place.WAITING && !isItsTurn(lease)) {
            wakeNext(); // somebody who came later goes first, and may not know yet
        }
        if (lease.place == Lease.Place.OUTSIDE && mayWait && !cannotBeServed(lease, nowNanos)) {
            enqueue(lease);
            wait = waitInTurnNanos(lease, nowNanos);
        }
        long lastStart = lease.deadline().atNanos() - needsNanos(lease);
        if (lease.refused
                || lease.place == Lease.Place.OUTSIDE && mayWait
                || lastStart - nowNanos <= 0
                || isLongPause() && window.held() == 0 && notBeforeNanos - lastStart > 0) {
            leave(lease, nowNanos);
            return Admission.REFUSED;
        }
        lease.wakeNanos =
                wait == Long.MAX_VALUE ? lastStart : Deadline.earlier(nowNanos + Math.max(1, wait), lastStart);
        return Admission.WAIT;
    }

    /** How long until it may go; {@link Long#MAX_VALUE} if others go first, or only an end makes room. */
    private long waitInTurnNanos(Lease lease, long nowNanos) {
        return isItsTurn(lease) ? waitNanos(lease, nowNanos) : Long.MAX_VALUE;
    }

    private boolean isItsTurn(Lease lease) {
        return queue.isEmpty() || queue.next().orElse(lease) == lease;
    }

    /** How long an answer should be given; who has little time in all takes the risk that it is quicker than usual. */
    private long needsNanos(Lease lease) {
        return Math.min(forecast.needsNanos(), lease.request.timeouts().total().toNanos() / 2);
    }

    /** Whether a call like this would go now. */
    public synchronized boolean hasRoomFor(Request request, long nowNanos) {
        Lease like = new Lease(request, NOBODY, leases);
        estimate(like);
        return queue.isEmpty() && waitNanos(like, nowNanos) == 0;
    }

    /** Goes without asking: a probe, which has to be sent whatever the limits say. */
    public synchronized void force(Lease lease, long nowNanos) {
        if (lease.place == Lease.Place.WAITING) {
            queue.remove(lease);
            lease.place = Lease.Place.OUTSIDE;
        }
        estimate(lease);
        grant(lease, nowNanos);
    }

    /** The attempt ended; {@code cause} is where failures come from. */
    public synchronized void ended(Lease lease, Outcome outcome, RetryBudget.Cause cause, long nowNanos) {
        if (lease.place != Lease.Place.HELD) {
            return;
        }
        if (outcome instanceof Outcome.Completed completed) {
            answered(lease, completed.usage(), nowNanos);
        } else {
            failed(lease, ((Outcome.Failed) outcome).failure(), cause, nowNanos);
        }
        window.leave();
        lease.place = Lease.Place.OUTSIDE;
        wakeNext();
    }

    /** The call no longer wants to send, or gives back what it was granted and did not use. */
    public synchronized void leave(Lease lease, long nowNanos) {
        if (lease.place == Lease.Place.WAITING) {
            boolean wasNext = queue.next().orElse(lease) == lease;
            queue.remove(lease);
            if (wasNext) {
                wakeNext();
            }
        } else if (lease.place == Lease.Place.HELD) {
            takeAll(lease, -1);
            window.leave();
            wakeNext();
        }
        lease.place = Lease.Place.OUTSIDE;
    }

    /** The head of an answer said something about limits. */
    public synchronized void heard(ServerSaid said, long nowNanos) {
        boolean changed = hears(PROMPT, said.promptPerMinute(), nowNanos);
        changed |= hears(UNCACHED, said.uncachedPerMinute(), nowNanos);
        changed |= hears(GENERATED, said.generatedPerMinute(), nowNanos);
        changed |= hears(REQUESTS, said.requestsPerMinute(), nowNanos);
        limited |= !said.equals(ServerSaid.SILENT);
        if (said.queueNanos() != ServerSaid.NOTHING) {
            window.queued(said.queueNanos());
        }
        if (changed) {
            wakeNext();
        }
    }

    private boolean hears(int meter, long perMinute, long nowNanos) {
        return meters[meter].heard(perMinute, share.now(), nowNanos);
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
        return share.now();
    }

    /** How many attempts at a time, for metrics; infinite while there is no bound. */
    public synchronized double windowLimit() {
        return window.limit();
    }

    /** How much of the tightest limit is used now, from 0 to 1; for those who would send more than they must. */
    public synchronized double usedNow(long nowNanos) {
        double most = window.isBounded() ? window.held() / window.limit() : 0;
        for (Meter meter : meters) {
            if (meter.isKnown()) {
                double wait = meter.waitNanos(meter.perSecond(), share.now(), nowNanos);
                most = Math.max(most, Math.min(1, wait / 1e9));
            }
        }
        return most;
    }

    private void estimate(Lease lease) {
        Size size = lease.request.size();
        lease.amounts[PROMPT] = size.promptTokens();
        lease.amounts[UNCACHED] = forecast.uncached(size.promptTokens());
        lease.amounts[GENERATED] = forecast.generated(size.outputLimit());
        lease.amounts[REQUESTS] = 1;
    }

    /** How long until there is room; {@link Long#MAX_VALUE} if only an end makes some. */
    private long waitNanos(Lease lease, long nowNanos) {
        if (!window.hasRoom()) {
            return Long.MAX_VALUE;
        }
        double wait = held ? Math.max(0, notBeforeNanos - nowNanos) : 0;
        held = wait > 0;
        if (isLongPause()) {
            wait = Math.max(0, Math.min(wait, lookedNanos + LOOK_NANOS - nowNanos));
        }
        if (limited) {
            for (int i = 0; i < meters.length; i++) {
                wait = Math.max(wait, meters[i].waitBehindNanos(0, lease.amounts[i], share.now(), nowNanos));
            }
        }
        return (long) Math.ceil(wait);
    }

    private void grant(Lease lease, long nowNanos) {
        if (lease.place == Lease.Place.WAITING) {
            queue.remove(lease);
        }
        if (!queue.isEmpty()) {
            queue.turnTaken();
        }
        lease.place = Lease.Place.HELD;
        lease.grantedNanos = nowNanos;
        lookedNanos = nowNanos;
        lease.counted = limited;
        takeAll(lease, 1);
        window.enter();
        share.used(shareOf(lease), nowNanos);
        sent.add(1, nowNanos);
        wakeNext();
    }

    private void takeAll(Lease lease, int sign) {
        if (lease.counted) {
            for (int i = 0; i < meters.length; i++) {
                meters[i].take(sign * lease.amounts[i]);
            }
        }
    }

    /** Those who are served before it leave too little time. Better to say so now than at its deadline. */
    private boolean cannotBeServed(Lease lease, long nowNanos) {
        Arrays.fill(ahead, 0);
        queue.forEachBefore(lease, this::addAhead);
        double wait = held ? notBeforeNanos - nowNanos : 0;
        if (window.isBounded()) {
            wait = Math.max(wait, (ahead[REQUESTS] + 1) * forecast.usualNanos() / window.limit());
        }
        for (int i = 0; i < meters.length; i++) {
            wait = Math.max(wait, meters[i].waitBehindNanos(ahead[i], lease.amounts[i], share.now(), nowNanos));
        }
        return wait + needsNanos(lease) > lease.deadline().remainingNanos(nowNanos);
    }

    private void addAhead(Lease other) {
        for (int i = 0; i < ahead.length; i++) {
            ahead[i] += other.amounts[i];
        }
    }

    private void enqueue(Lease lease) {
        lease.place = Lease.Place.WAITING;
        queue.add(lease);
        if (queue.size() > AdmissionQueue.MAX_WAITING) {
            queue.last().ifPresent(this::refuse);
        }
    }

    private void refuse(Lease last) {
        queue.remove(last);
        last.place = Lease.Place.OUTSIDE;
        last.refused = true;
        last.waker.wake();
        wakeNext();
    }

    private void answered(Lease lease, Usage usage, long nowNanos) {
        held = false; // what is answered is not held back
        longPause = null;
        window.answered();
        failing -= failing * LEARN;
        forecast.answered(usage, nowNanos - lease.grantedNanos);
        if (lease.counted && usage.promptTokens() + usage.completionTokens() > 0) {
            settle(lease, usage);
        }
        Meter requests = meters[REQUESTS];
        if (share.isQuiet(nowNanos)) {
            if (limited && share.isReduced()) {
                share.more(nowNanos);
            } else if (requests.isKnown() && !requests.isSaid()) {
                requests.felt(requests.perSecond() * GUESS_GROWTH, share.now(), nowNanos);
                share.touch(nowNanos);
            }
        }
    }

    /** What one send takes of a second of the tightest limit. */
    private double shareOf(Lease lease) {
        double most = 0;
        for (int i = 0; i < meters.length; i++) {
            if (meters[i].isKnown()) {
                most = Math.max(most, lease.amounts[i] / meters[i].perSecond());
            }
        }
        return most;
    }

    private void settle(Lease lease, Usage usage) {
        meters[PROMPT].take(usage.promptTokens() - lease.amounts[PROMPT]);
        meters[UNCACHED].take(usage.promptTokens() - usage.cachedTokens() - lease.amounts[UNCACHED]);
        meters[GENERATED].take(usage.completionTokens() - lease.amounts[GENERATED]);
    }

    private void failed(Lease lease, Failure failure, RetryBudget.Cause cause, long nowNanos) {
        switch (failure.kind()) {
            case RATE_LIMITED -> rateLimited(lease, failure, nowNanos);
            case OVERLOADED, BAD_GATEWAY -> {
                if (cause == RetryBudget.Cause.LOAD) {
                    window.shed();
                } else if (cause == RetryBudget.Cause.CHANCE && failing > MISTAKEN) {
                    window.mistaken();
                }
                failing += (1 - failing) * LEARN;
                failure.hint().ifPresent(hint -> hold(Math.min(LONGEST_HOLD_NANOS, hint.toNanos()), nowNanos));
            }
            default -> {}
        }
    }

    /** Whoever comes next waits as the server asked, and all go slower. What was taken stays taken, so tries are paced too. */
    private void rateLimited(Lease lease, Failure failure, long nowNanos) {
        limited = true;
        failure.hint().ifPresent(time -> pause(failure, time, nowNanos));
        boolean said = meters[PROMPT].isSaid() || meters[UNCACHED].isSaid() || meters[GENERATED].isSaid();
        if (said || meters[REQUESTS].isSaid()) {
            share.refused(shareOf(lease), nowNanos);
        } else if (share.mayBeCut(nowNanos)) {
            double perSecond = sent.perSecond(nowNanos);
            double felt = meters[REQUESTS].isKnown() ? Math.min(meters[REQUESTS].perSecond(), perSecond) : perSecond;
            meters[REQUESTS].felt(Math.max(LEAST_GUESS, felt * Share.LESS), share.now(), nowNanos);
            share.touch(nowNanos);
        }
    }

    private void hold(long nanos, long nowNanos) {
        long momentNanos = nowNanos + nanos;
        notBeforeNanos = held && notBeforeNanos - momentNanos > 0 ? notBeforeNanos : momentNanos;
        held = true;
    }

    /** A limit that is used up until then. Who cannot wait so long is told now, in the words of the API. */
    private void pause(Failure refusal, Duration hint, long nowNanos) {
        long nanos = Math.min(LONGEST_PAUSE_NANOS, hint.toNanos());
        if (isLongPause() && window.held() == 1) {
            held = false; // who looked has heard the newest word
            longPause = null;
        }
        hold(nanos, nowNanos);
        if (nanos > LOOK_NANOS) {
            longPause = refusal;
            lookedNanos = nowNanos;
            queue.forEach(lease -> lease.waker.wake());
        }
    }

    private boolean isLongPause() {
        if (!held) {
            longPause = null;
        }
        return longPause != null;
    }

    /** Why calls are refused here now: the API's own word, if it has asked for a long pause. */
    synchronized Optional<Failure> refusal(long nowNanos) {
        Failure said = longPause;
        if (!isLongPause() || said == null) {
            return Optional.empty();
        }
        Duration left = Duration.ofNanos(Math.max(0, notBeforeNanos - nowNanos));
        return Optional.of(Failure.of(
                        FailureKind.RATE_LIMITED,
                        Phase.QUEUED,
                        "not asked, because of the last answer: " + said.message())
                .withServerWish(Optional.of(left), Optional.of(false)));
    }

    private void wakeNext() {
        if (!queue.isEmpty()) {
            queue.next().ifPresent(next -> next.waker.wake());
        }
    }
}
