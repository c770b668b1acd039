package dev.backstay.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One try at a request: where it is, since when, and when its patience ends.
 *
 * <p>The driver moves it with {@link Signal.Entered} and {@link #progress}; its call reads it. Like its call it belongs to
 * one thread. Once it is over it no longer changes, and any thread may read it.
 */
public final class Attempt {

    /** Not ended. */
    private static final long NEVER = Long.MIN_VALUE;

    /** Addresses remembered; a driver tries no more of one host. */
    private static final int ADDRESSES_KEPT = 16;

    /** Not even a stream that moves goes on for longer. */
    private static final long LONGEST_NANOS =
            Duration.ofHours(Deadline.LONGEST_HOURS).toNanos();

    /** Nobody who said nothing waits longer for an answer to begin: the longest time of the guide's table. */
    private static final long LONGEST_SILENCE_NANOS =
            Workload.LONG_CONTEXT.timeouts().answer().toNanos();

    private static final int PHASES = Phase.values().length;

    private final int number;
    private final Request request;
    private final Target target;
    private final boolean probe;
    private final int patience;
    private final int seam;
    private final @Nullable Pace pace;
    private final AnswerHabits habits;
    private final @Nullable Tries tries;
    private final long sentNanos;
    private Phase phase;
    private long progressNanos;
    private long awaitingSinceNanos;
    private long longestPauseNanos;
    private long endedNanos = NEVER;
    /** When it entered each phase, as nanoseconds after it was sent and one; 0 for never. */
    private final long[] entered = new long[PHASES];

    private List<AddressTry> addresses = List.of();
    private String requestId = "";
    private boolean headArrived;
    private boolean paused;
    private long pausedNanos;
    private @Nullable Outcome outcome;

    /**
     * One that starts now. Made by whoever decides: {@link Call}, or a rival policy in a rehearsal.
     *
     * @param target who is asked
     * @param patience by how much longer than usual it waits for a first token, at least 1
     */
    public Attempt(int number, Request request, Target target, boolean probe, int patience, long nowNanos) {
        this(number, request, target, probe, patience, 0, null, null, nowNanos);
    }

    /**
     * @param seam how often the answer broke before; above 0 it goes on where it broke
     * @param tries what its call has tried before
     * @param state what is known of the target, if the clocks follow it
     */
    Attempt(
            int number,
            Request request,
            Target target,
            boolean probe,
            int patience,
            int seam,
            @Nullable Tries tries,
            @Nullable TargetState state,
            long nowNanos) {
        this.target = target;
        this.seam = seam;
        this.pace = state == null ? null : state.pace();
        this.habits = state == null ? new AnswerHabits() : state.habits();
        this.tries = tries;
        this.number = number;
        this.patience = patience;
        this.request = request;
        this.probe = probe;
        this.sentNanos = nowNanos;
        this.phase = Phase.QUEUED;
        this.awaitingSinceNanos = nowNanos;
        enter(Phase.RESOLVING, nowNanos);
    }

    /** It is in this phase from now on. For whoever decides; drivers send {@link Signal.Entered}. */
    public void enter(Phase next, long nowNanos) {
        phase = next;
        progressNanos = nowNanos;
        if (entered[next.ordinal()] == 0) {
            entered[next.ordinal()] = nowNanos - sentNanos + 1;
        }
        if (next == Phase.AWAITING) {
            awaitingSinceNanos = nowNanos;
        } else if (next == Phase.STREAMING) {
            longestPauseNanos = 0; // only pauses of the stream count
        }
    }

    /** It ended like this. For whoever decides; drivers send {@link Signal.Ended}. */
    public void end(Outcome how, long nowNanos) {
        outcome = how;
        endedNanos = nowNanos;
        if (how instanceof Outcome.Completed) {
            enter(Phase.DONE, nowNanos);
        }
    }

    /** The clock of the phase starts again: bytes were written, or an event came. Comments are not progress. */
    public void progress(long nowNanos) {
        progress(nowNanos, nowNanos - progressNanos);
    }

    /** The same for who looks less often than events come: the pause before the last of them was this long. */
    public void progress(long nowNanos, long pauseNanos) {
        longestPauseNanos = Math.max(longestPauseNanos, pauseNanos);
        progressNanos = nowNanos;
    }

    /** The head of the answer is here, so the server saw the request, whatever happens next. */
    public void headArrived() {
        headArrived = true;
    }

    /** The head of the answer is here, and the server names the request like this. */
    void headArrived(ServerSaid said) {
        headArrived = true;
        requestId = said.requestId();
    }

    /** An address of the host was tried. */
    void tried(AddressTry what) {
        if (addresses.isEmpty()) {
            addresses = List.of(what);
        } else if (addresses.size() < ADDRESSES_KEPT) {
            List<AddressTry> more = new ArrayList<>(addresses);
            more.add(what);
            addresses = more;
        }
    }

    /** The caller reads slowly: the server is not to blame, so only the deadline counts until {@link #resume}. */
    public void pause(long nowNanos) {
        if (!paused) {
            paused = true;
            pausedNanos = nowNanos;
        }
    }

    /** The caller reads again, and the clock of the phase goes on where it stood: reading again is no progress. */
    public void resume(long nowNanos) {
        if (paused) {
            paused = false;
            progressNanos += nowNanos - pausedNanos;
        }
    }

    /** When the clock of the present phase runs out; later than the call's deadline only where {@link Cutoff} lets it. */
    public long clockNanos() {
        long limit = request.timeouts().nanos(phase.clock(), request.streamed());
        if (outlivesDeadline()) {
            boolean unguarded = paused || limit == Long.MAX_VALUE;
            long allowed = unguarded ? request.timeouts().total().toNanos() : adapted(limit);
            return Math.min(progressNanos + allowed, sentNanos + LONGEST_NANOS);
        }
        if (paused || limit == Long.MAX_VALUE) {
            return request.deadline().atNanos();
        }
        return request.deadline().cap(progressNanos + adapted(limit));
    }

    private boolean outlivesDeadline() {
        return switch (request.cutoff()) {
            case EVERYTHING -> false;
            case SILENCE -> phase == Phase.STREAMING;
            case NEXT_ATTEMPT -> true;
        };
    }

    /**
     * How long it may be silent from then on where no other attempt could finish: until the deadline. If nobody declared one, the first
     * has as long as the guide gives to the longest answers, since who asks directly would wait as well, and a later one the time of a
     * call.
     */
    private long longestSilenceNanos(long sinceNanos) {
        Timeouts clocks = request.timeouts();
        long left = request.deadline().remainingNanos(sinceNanos);
        if (request.cutoff() != Cutoff.NEXT_ATTEMPT
                || !clocks.hasUsualSilence(request.workload(), request.streamed())) {
            return left;
        }
        long whole =
                isFirstThatCounts() ? LONGEST_SILENCE_NANOS : clocks.total().toNanos();
        return Math.max(left, whole - (sinceNanos - sentNanos));
    }

    /** A silence on a connection that was open is no proof of anything but that it may have died, so the next one counts as the first. */
    private boolean isFirstThatCounts() {
        return number == 1 || number == 2 && isOnNewConnection() && isRepeatOf(FailureKind.FIRST_TOKEN_TIMEOUT);
    }

    private boolean isOnNewConnection() {
        return entered[Phase.CONNECTING.ordinal()] != 0;
    }

    /**
     * Whether nothing has happened for at least half as long as the phase may last. An answer that is not streamed is silent
     * while it is made, which says nothing.
     */
    boolean isSilent(long nowNanos) {
        long limit = request.timeouts().nanos(phase.clock(), request.streamed());
        boolean speaks = phase != Phase.AWAITING || request.streamed();
        return speaks && !paused && limit != Long.MAX_VALUE && nowNanos - progressNanos >= adapted(limit) / 2;
    }

    private long adapted(long setting) {
        Pace known = pace;
        return switch (phase.clock()) {
            case FIRST_TOKEN -> {
                long allowed = request.streamed() && known != null ? firstTokenNanos(known, setting) : setting;
                long patient = patience > Long.MAX_VALUE / allowed ? Long.MAX_VALUE : allowed * patience;
                yield request.streamed() ? unlessTooLate(patient) : wholeNanos(patient);
            }
            case IDLE -> known == null ? setting : known.idleNanos(setting);
            default -> setting;
        };
    }

    /** Nothing extra if somebody else can be asked, if somebody said how long, or if the connection may have died while it was idle. */
    private long firstTokenNanos(Pace known, long setting) {
        boolean alone = isAlone();
        long left = request.deadline().remainingNanos(awaitingSinceNanos);
        boolean nobodySaid = request.timeouts().hasUsualSilence(request.workload(), true);
        long usual =
                Math.min(setting, request.workload().timeouts().firstToken().toNanos());
        return known.firstTokenNanos(
                request.workload(),
                request.size().promptTokens(),
                awaitingSinceNanos,
                new Pace.Patience(
                        setting,
                        usual,
                        alone ? left / 2 : 0,
                        alone && isOnNewConnection() && nobodySaid ? longestSilenceNanos(awaitingSinceNanos) : 0));
    }

    /**
     * An answer that is not streamed is silent while it is made, so it gets the time that is left but for that of one more try, if it
     * is known what that takes, and it is little.
     */
    private long wholeNanos(long allowed) {
        Pace known = pace;
        long left = request.deadline().remainingNanos(awaitingSinceNanos);
        long another = known == null
                ? 0
                : known.wholeNanos(request.workload(), request.size().promptTokens());
        boolean room = another > 0 && another <= left / 2;
        return room ? Math.min(allowed, left - another) : unlessTooLate(allowed);
    }

    /**
     * Another try of the same target that has less time than it needs would not get further, so this one gets what is left. What it needs
     * is what is usual, or as much as this one had. Calls that are parked wait for a probe, which is over when its time is.
     */
    private long unlessTooLate(long allowed) {
        if (probe) {
            return allowed;
        }
        Pace known = pace;
        long left = request.deadline().remainingNanos(progressNanos);
        long usual = known == null
                ? 0
                : known.firstTokenQuantile(request.workload(), request.size().promptTokens(), 0.99);
        long needed = usual == 0 || !request.streamed() ? allowed : usual;
        return left - allowed < (isAlone() ? needed : 1)
                ? Math.max(allowed, longestSilenceNanos(progressNanos))
                : allowed;
    }

    private boolean isAlone() {
        return request.route().choices().size() == 1;
    }

    /** When the last byte of the request had left. */
    long awaitingSinceNanos() {
        return awaitingSinceNanos;
    }

    /** The longest pause between two events so far. */
    public long longestPauseNanos() {
        return longestPauseNanos;
    }

    /** How often the answer broke before this attempt, which goes on where it broke; 0 if it starts anew. */
    public int seam() {
        return seam;
    }

    /** Which try of its call this is, from 1. */
    public int number() {
        return number;
    }

    /** Whether it was sent to find out if a silent target is back. */
    public boolean isProbe() {
        return probe;
    }

    /** Whether an attempt of its call has failed in this way before, so that what comes like it again is all there is. */
    public boolean isRepeatOf(FailureKind kind) {
        return tries != null && tries.of(kind) > 0;
    }

    /** What is usual about the answers of its target. */
    public AnswerHabits habits() {
        return habits;
    }

    /** What is asked. */
    public Request request() {
        return request;
    }

    /** Who is asked. */
    public Target target() {
        return target;
    }

    /** When it was sent. */
    public long sentNanos() {
        return sentNanos;
    }

    /** When it entered this phase first; empty if it did not. */
    public OptionalLong enteredNanos(Phase which) {
        long after = entered[which.ordinal()];
        return after == 0 ? OptionalLong.empty() : OptionalLong.of(sentNanos + after - 1);
    }

    /** The addresses that were tried for it, in order; none if it went over a connection that was open. */
    public List<AddressTry> addresses() {
        return Collections.unmodifiableList(addresses);
    }

    /** How the server names it; empty if it has not said. */
    public String requestId() {
        return requestId;
    }

    /** Where it is. */
    public Phase phase() {
        return phase;
    }

    /** Whether the server saw it, as far as is known now. */
    public Acknowledged acknowledged() {
        return headArrived ? Acknowledged.YES : phase.acknowledged();
    }

    /** How it ended; empty while it runs. */
    public Optional<Outcome> outcome() {
        return Optional.ofNullable(outcome);
    }

    /** Whether it ended with this kind of failure. */
    public boolean endedBy(FailureKind kind) {
        return outcome instanceof Outcome.Failed failed && failed.failure().kind() == kind;
    }

    /** How long it has lasted, or lasted. */
    public long elapsedNanos(long nowNanos) {
        return (endedNanos == NEVER ? nowNanos : endedNanos) - sentNanos;
    }

    /** A connection lost now, as a failure of the phase. */
    public Failure lost(String message) {
        return Failure.lost(phase, message).withAcknowledged(acknowledged());
    }

    /** The phase's clock ran out now; if the deadline did, it says that. */
    public Failure timedOut(long nowNanos) {
        long seconds = Math.round(elapsedNanos(nowNanos) / 1e9);
        Failure failure = request.deadline().isPast(nowNanos) && !outlivesDeadline()
                ? Failure.of(FailureKind.DEADLINE_EXCEEDED, phase, "the call's deadline came after " + seconds + " s")
                : Failure.timedOut(phase, "nothing happened for too long, " + seconds + " s into the attempt");
        return failure.withAcknowledged(acknowledged());
    }
}
