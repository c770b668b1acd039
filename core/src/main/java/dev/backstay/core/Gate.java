package dev.backstay.core;

import java.util.Comparator;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * Is the target alive? A circuit breaker that parks calls instead of failing them.
 *
 * <pre>
 *            a run of failures of weight ≥ {@value #TRIP_WEIGHT}
 *   OPEN ───────────────────────────────────▶ SHUT    calls are parked, earliest deadline first;
 *    ▲                                        │  ▲    single ones go as probes
 *    │ nobody is parked                       │  │
 *    └─────────────── REOPENING ◀─────────────┘  │ it fails again
 *                      │    a probe's first event│
 *                      └─────────────────────────┘
 * </pre>
 *
 * <p><b>Why park.</b> A breaker that fails fast loses every call of an outage and some after it; most callers would
 * rather wait. In a 60 s outage with a deadline of 120 s a common breaker scores below no retries at all (88.8 % against
 * 90.0 % of calls, scenario {@code s2-d120}), parking scores all of them.
 *
 * <p><b>Why reopening is bounded.</b> A backlog let go at once is the next outage. While calls are parked, the number in
 * flight grows on evidence, as TCP's does: by one with each first event up to {@value #CEILING_FACTOR} times what was
 * usual (without end while nothing is known), from there by one per round and faster the longer all is well, and not at
 * all while first events take more than {@value Usual#SLOWED_FACTOR} times as long as usual, which shows that the target has
 * a queue of its own. When the target goes silent again it halves, once for all attempts that were under way then. A first
 * event counts and not a completion: these answers take seconds.
 *
 * <p>Who passes holds a {@link Ticket} until it {@linkplain #ended ends} or {@linkplain #leave leaves}. Wake-ups are
 * pushed through the ticket's {@link Waker}; transitions are computed when somebody asks, there are no timers.
 *
 * <p>Thread-safe.
 */
public final class Gate {

    /** What the gate does with calls. */
    public enum State {
        /** Passes them. */
        OPEN,
        /** Parks them and sends probes. */
        SHUT,
        /** Takes parked ones, a bounded number at a time. */
        REOPENING
    }

    /** The answer to a call that asks to pass. */
    public enum Admission {
        /** Go. */
        PASS,
        /** Go, and find out whether the target is back. */
        PROBE,
        /** Wait until {@link Ticket#wakeNanos} or until woken, then ask again. */
        PARK,
        /** Too many are waiting. */
        FULL,
        /** Too little time is left for an answer. */
        LATE
    }

    /** Weight of a run of failures that shuts the gate: 12 refusals or 6 silences in a row, no sign of life between. */
    public static final int TRIP_WEIGHT = 12;

    /** Calls that may be parked at one gate. */
    public static final int MAX_PARKED = 1_000;

    /** Calls in flight when reopening begins, at most. */
    public static final int FIRST_WINDOW = 8;

    /** Up to this multiple of what was usual, reopening is quick. */
    public static final double CEILING_FACTOR = 1.5;

    /** After so many rounds without trouble the slow growth is twice as fast. */
    private static final double ROUNDS_TO_DOUBLE = 8;

    private State state = State.OPEN;
    private int failureRun;
    private int inFlight;
    private int stragglers;
    private int granted;
    private int era;
    private double window;
    private double ceiling;
    private double calmRounds;
    private long halvedNanos;
    private long shutNanos;
    private int probing;
    private long tickets;
    private final Usual usual = new Usual();
    private final ProbeSchedule probes = new ProbeSchedule();
    private final TreeSet<Ticket> parked = new TreeSet<>(Ticket.BY_DEADLINE);

    /** A call's place at a gate. Its fields belong to the gate. */
    public static final class Ticket {

        private enum Place {
            OUTSIDE,
            PARKED,
            GRANTED,
            INSIDE
        }

        private static final Comparator<Ticket> BY_DEADLINE =
                Comparator.<Ticket, Deadline>comparing(t -> t.deadline).thenComparingLong(t -> t.number);

        private final Deadline deadline;
        private final long totalNanos;
        private final Waker waker;
        private final long number;
        private Place place = Place.OUTSIDE;
        private long enteredNanos;
        private int era;
        private long wakeNanos;
        private boolean answered;
        private boolean probe;

        private Ticket(Deadline deadline, long totalNanos, Waker waker, long number) {
            this.deadline = deadline;
            this.totalNanos = totalNanos;
            this.waker = waker;
            this.number = number;
        }

        /** After {@link Admission#PARK}: when to ask again, unless woken earlier. Never after the deadline. */
        public long wakeNanos() {
            return wakeNanos;
        }
    }

    /** A ticket for a call that must be done by {@code deadline} and had {@code totalNanos} when it began. */
    public synchronized Ticket ticket(Deadline deadline, long totalNanos, Waker waker) {
        return new Ticket(deadline, totalNanos, waker, tickets++);
    }

    /**
     * May this call send an attempt now?
     *
     * @param mayPark whether it stands in line if it may not; who asks several targets looks first and then stands in one line
     */
    public synchronized Admission admit(Ticket ticket, boolean mayPark, RandomGenerator random, long nowNanos) {
        if (ticket.place == Ticket.Place.GRANTED) {
            granted--;
            ticket.place = Ticket.Place.OUTSIDE;
            if (state != State.SHUT) {
                return enter(ticket, false, nowNanos);
            }
        }
        if (state != State.OPEN && isTooLate(ticket, nowNanos)) {
            leave(ticket, nowNanos);
            return Admission.LATE;
        }
        return switch (state) {
            case OPEN -> enter(ticket, false, nowNanos);
            case SHUT ->
                isNext(ticket) && probes.isDue(nowNanos) ? probe(ticket, random, nowNanos) : park(ticket, mayPark);
            case REOPENING -> isNext(ticket) && hasRoom() ? enter(ticket, false, nowNanos) : park(ticket, mayPark);
        };
    }

    /**
     * A call that passed cannot go yet for another reason. While the gate is reopening it keeps its place among those that
     * may, so that those behind it are not let go in its stead.
     */
    public synchronized void hold(Ticket ticket, long nowNanos) {
        if (state != State.REOPENING || ticket.place != Ticket.Place.INSIDE) {
            leave(ticket, nowNanos);
            return;
        }
        exit(ticket, nowNanos);
        ticket.place = Ticket.Place.GRANTED;
        granted++;
    }

    /** The first event of an answer: the target is alive. */
    public synchronized void firstEvent(Ticket ticket, long nowNanos) {
        ticket.answered = true;
        if (ticket.era == era) {
            usual.firstEvent(nowNanos - ticket.enteredNanos, state != State.OPEN);
        }
        if (state == State.REOPENING && !usual.isSlowed()) {
            calmRounds += 1 / window;
            window += window < ceiling ? 1 : (1 + calmRounds / ROUNDS_TO_DOUBLE) / window;
        }
        alive(ticket, nowNanos);
    }

    /** The attempt of this ticket ended. */
    public synchronized void ended(
            Ticket ticket, FailureKind.GateNews news, int tripWeight, RandomGenerator random, long nowNanos) {
        boolean wasProbe = ticket.probe;
        if (news == FailureKind.GateNews.ALIVE && ticket.place == Ticket.Place.INSIDE && ticket.answered) {
            usual.answered(nowNanos - ticket.enteredNanos);
        }
        exit(ticket, nowNanos);
        switch (news) {
            case ALIVE -> alive(ticket, nowNanos);
            case REJECTING, DOWN, STARTING -> failing(ticket, news, wasProbe, tripWeight, random, nowNanos);
            case NOTHING -> {}
        }
        release(nowNanos);
    }

    /** The call no longer wants to pass: it gave up, was cancelled, or its deadline came. */
    public synchronized void leave(Ticket ticket, long nowNanos) {
        switch (ticket.place) {
            case OUTSIDE -> {}
            case PARKED -> {
                boolean wasNext = isNext(ticket);
                parked.remove(ticket);
                if (wasNext && state == State.SHUT && !parked.isEmpty()) {
                    parked.first().waker.wake();
                }
            }
            case GRANTED -> granted--;
            case INSIDE -> exit(ticket, nowNanos);
        }
        ticket.place = Ticket.Place.OUTSIDE;
        release(nowNanos);
    }

    /** What it does with calls now. */
    public synchronized State state() {
        return state;
    }

    /** Calls waiting here. */
    public synchronized int parked() {
        return parked.size();
    }

    /** Attempts that passed and have not ended, and those that were told they may. */
    public synchronized int inFlight() {
        return inFlight + granted;
    }

    private Admission enter(Ticket ticket, boolean probe, long nowNanos) {
        parked.remove(ticket);
        observe(nowNanos);
        inFlight++;
        ticket.place = Ticket.Place.INSIDE;
        ticket.era = era;
        ticket.probe = probe;
        ticket.answered = false;
        ticket.enteredNanos = nowNanos;
        return probe ? Admission.PROBE : Admission.PASS;
    }

    private void exit(Ticket ticket, long nowNanos) {
        if (ticket.place == Ticket.Place.INSIDE) {
            observe(nowNanos);
            inFlight--;
            stragglers -= ticket.era == era ? 0 : 1;
            probing -= ticket.probe ? 1 : 0;
            ticket.place = Ticket.Place.OUTSIDE;
            ticket.probe = false;
        }
    }

    private Admission probe(Ticket ticket, RandomGenerator random, long nowNanos) {
        probing++;
        probes.schedule(ticket.totalNanos, probing, random, nowNanos);
        Admission admission = enter(ticket, true, nowNanos);
        if (!parked.isEmpty()) {
            parked.first().waker.wake(); // the new first in line learns when the next probe is due
        }
        return admission;
    }

    private Admission park(Ticket ticket, boolean mayPark) {
        if (mayPark && ticket.place != Ticket.Place.PARKED) {
            if (parked.size() >= MAX_PARKED) {
                return Admission.FULL;
            }
            parked.add(ticket);
            ticket.place = Ticket.Place.PARKED;
        }
        boolean mayProbe = state == State.SHUT && isNext(ticket);
        long lastStart = ticket.deadline.atNanos() - least(ticket);
        ticket.wakeNanos = mayProbe && probes.nextNanos() - lastStart < 0 ? probes.nextNanos() : lastStart;
        return Admission.PARK;
    }

    /** To answer takes time, and what cannot be answered in time only takes the place of others. */
    private boolean isTooLate(Ticket ticket, long nowNanos) {
        return ticket.deadline.remainingNanos(nowNanos) <= least(ticket);
    }

    /** Who has little time in all takes the risk that an answer is quicker than usual. */
    private long least(Ticket ticket) {
        long nanos = usual.leastNanos(parked.size() > 1);
        return nanos < ticket.totalNanos ? nanos : 0;
    }

    private boolean hasRoom() {
        return inFlight - stragglers + granted + 1 <= window;
    }

    private boolean isNext(Ticket ticket) {
        return parked.isEmpty() || Ticket.BY_DEADLINE.compare(ticket, parked.first()) <= 0;
    }

    /** Only an attempt sent after the gate shut says anything about the target now. */
    private void alive(Ticket ticket, long nowNanos) {
        failureRun = 0;
        if (state == State.SHUT && ticket.enteredNanos - shutNanos >= 0) {
            state = State.REOPENING;
            era++; // attempts of the silence may stay silent for long and take no place from those that follow
            stragglers = inFlight;
            ceiling = usual.isKnown() ? Math.max(1, Math.ceil(CEILING_FACTOR * usual.inFlight())) : Integer.MAX_VALUE;
            window = Math.min(FIRST_WINDOW, ceiling);
            halvedNanos = nowNanos;
            calmRounds = 0;
            usual.forgetRecent();
        }
        release(nowNanos);
    }

    private void failing(
            Ticket ticket,
            FailureKind.GateNews news,
            boolean wasProbe,
            int tripWeight,
            RandomGenerator random,
            long nowNanos) {
        boolean starting = news == FailureKind.GateNews.STARTING;
        if (state == State.SHUT) {
            if (wasProbe) {
                probes.failed(starting);
            }
            return;
        }
        if (ticket.era != era) {
            return; // its clock ran out now, but it died in a silence that is over
        }
        failureRun += news.weight();
        boolean backToProbing = false;
        if (state == State.REOPENING && news == FailureKind.GateNews.DOWN) {
            backToProbing = window <= 1; // one at a time is what probes are for, and they do not wait for silent ones
            if (ticket.enteredNanos - halvedNanos >= 0) { // what was sent before knew nothing of the last halving
                window = Math.max(1, window / 2);
                ceiling = window;
                calmRounds = 0;
                halvedNanos = nowNanos;
            }
        }
        if (failureRun >= tripWeight || backToProbing || starting) {
            shut(ticket.totalNanos, starting, random, nowNanos);
        }
    }

    private void shut(long totalNanos, boolean starting, RandomGenerator random, long nowNanos) {
        state = State.SHUT;
        shutNanos = nowNanos;
        usual.pause();
        probes.begin(starting);
        probes.schedule(totalNanos, probing, random, nowNanos);
        if (!parked.isEmpty()) {
            parked.first().waker.wake();
        }
    }

    /** Grants free slots to those first in line; when nobody waits any more, the gate is open. */
    private void release(long nowNanos) {
        if (state != State.REOPENING) {
            return;
        }
        while (hasRoom() && !parked.isEmpty()) {
            Ticket next = parked.pollFirst();
            if (isTooLate(next, nowNanos)) {
                next.place = Ticket.Place.OUTSIDE;
                next.waker.wake(); // to be told so
                continue;
            }
            next.place = Ticket.Place.GRANTED;
            granted++;
            next.waker.wake();
        }
        if (parked.isEmpty() && granted == 0) {
            state = State.OPEN;
            usual.pause();
            observe(nowNanos);
        }
    }

    /** Only a good time says what is usual. */
    private void observe(long nowNanos) {
        if (state == State.OPEN && failureRun == 0) {
            usual.inFlight(inFlight, nowNanos);
        } else {
            usual.pause();
        }
    }
}
