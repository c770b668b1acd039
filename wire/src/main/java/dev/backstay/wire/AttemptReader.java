package dev.backstay.wire;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.Attempt;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.ServerSaid;
import dev.backstay.core.Signal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The answer of one attempt as it comes in, and what it means: the one place where gateway, library and simulator decide that.
 *
 * <p>Does no I/O and reads no clock. A driver feeds it what happens on the connection, hands each signal of {@link #next} to the
 * {@link dev.backstay.core.Call}, and looks again with {@link #due} at {@link #dueNanos}. The driver keeps the bytes; {@link #answer}
 * says how many of them the caller may have.
 *
 * <pre>
 *             head, 2xx                 something of the answer        every choice has ended
 *  HEADLESS ─────────────▶ OPENING ────────────────────────▶ BEGUN ──────────────────────────▶ FINISHED
 *      │                      │                                │  ◀──── a later event ─────────── │
 *      │ head, not 2xx        │ an error inside,               │ the same, or the end             │ an end marker, the end of the
 *      ▼                      │ the end too early              │ too early                        │ body, a second of silence
 *   REFUSED ──────────────────┴────────────────────────────────┴──────────────────────────────────┴─────────▶ OVER
 *            the end of the body, or 2 s
 * </pre>
 *
 * <p>In every state but OVER the connection may be lost and the clock of the attempt's phase may run out. Not thread-safe: belongs to
 * whoever may use the attempt.
 */
public final class AttemptReader {

    /** Where an answer is. */
    private enum State {
        /** There is no head yet. */
        HEADLESS,
        /** The head says no; the body says why. */
        REFUSED,
        /** The head is good, and nothing of the answer is here. */
        OPENING,
        /** Something of the answer is here. */
        BEGUN,
        /** Every choice has ended; only a last word can follow. */
        FINISHED,
        /** It is known how it ended. */
        OVER
    }

    /** How long the body of a refusal may take; its status and its headers say most. */
    static final long REFUSAL_NANOS = 2_000_000_000L;

    /** When to look again for a deployment that boots, as the platform's own sampler does. */
    private static final Duration BOOT_LOOK = Duration.ofSeconds(5);

    /** How long a last word may take after every choice has ended. */
    static final long TAIL_NANOS = 1_000_000_000L;

    /** A reused connection that breaks so soon was closed before the request came. */
    static final long STALE_NANOS = 1_000_000_000L;

    /** Text that somebody reads is packed to a tenth; a bomb to a thousandth. */
    private static final long SWOLLEN = 100;

    private final Attempt attempt;
    private final Reading reading;
    private final Function<Answer, Optional<Boolean>> seam;
    private final Allotment allotment;
    private @Nullable Answer answer;
    private @Nullable ServerSaid said;
    private @Nullable Outcome outcome;
    private boolean refused;
    private boolean bodyEnded;
    private boolean delivering;
    private boolean toldBegun;
    private boolean toldEnd;
    private long limitNanos = Long.MAX_VALUE;
    private Optional<ContentDecoder> decoder = Optional.empty();
    private long packedRead;
    private long read;

    /** Reads the answer of this attempt. */
    public AttemptReader(Attempt attempt, Reading reading) {
        this(attempt, reading, any -> Optional.of(true));
    }

    /**
     * Reads the answer of an attempt that goes on where another broke.
     *
     * @param seam whether it does; empty while there is too little of it to tell
     */
    public AttemptReader(Attempt attempt, Reading reading, Function<Answer, Optional<Boolean>> seam) {
        this.attempt = attempt;
        this.reading = reading;
        this.seam = seam;
        this.allotment = new Allotment(this);
    }

    /** Whose answer it is. */
    public Attempt attempt() {
        return attempt;
    }

    private State state() {
        Answer known = answer;
        if (outcome != null) {
            return State.OVER;
        } else if (known == null) {
            return State.HEADLESS;
        } else if (refused) {
            return State.REFUSED;
        } else if (known.finished()) {
            return State.FINISHED;
        }
        return known.started() ? State.BEGUN : State.OPENING;
    }

    /** The head is here. Interim ones (1xx) are the driver's to skip. */
    public void head(int status, Headers headers, Instant wall, long nowNanos) {
        said = LimitHeaders.parse(headers);
        refused = status < 200 || status > 299;
        limitNanos = refused ? nowNanos + REFUSAL_NANOS : Long.MAX_VALUE;
        answer = Answer.of(reading, attempt.habits(), attempt.request().streamed(), status, headers, wall);
        decoder = headers.first("content-encoding").flatMap(ContentDecoder::of);
    }

    /** Whether the body is packed, although it was asked for as it is; then {@link #unpack} comes before {@link #bytes}. */
    public boolean isPacked() {
        return decoder.isPresent();
    }

    /**
     * Unpacks bytes of the body.
     *
     * @param out takes what comes out, piece by piece, and feeds {@link #bytes} with it
     */
    public void unpack(ByteBuffer packed, Consumer<ByteBuffer> out) {
        packedRead += packed.remaining();
        try {
            decoder.orElseThrow().feed(packed, piece -> {
                out.accept(piece);
                return outcome == null;
            });
        } catch (IOException broken) {
            notAsPacked(String.valueOf(broken.getMessage()));
        }
    }

    private void notAsPacked(String why) {
        if (outcome == null) {
            Phase phase = answer == null ? attempt.phase() : answer.phase();
            outcome = failed(
                    Failure.of(FailureKind.MALFORMED_ANSWER, phase, "the answer is not packed as its head says: " + why)
                            .withAcknowledged(Acknowledged.YES));
        }
    }

    /** Bytes of the body are here, in any pieces. */
    public void bytes(ByteBuffer piece, long nowNanos) {
        Answer known = answer;
        if (known == null || outcome != null) {
            return;
        }
        long before = known.progress();
        read += piece.remaining();
        known.read(piece);
        look(known, before, nowNanos);
    }

    /** The body ended as HTTP says it should. */
    public void end(long nowNanos) {
        bodyEnded = true;
        if (decoder.isPresent() && !decoder.get().isWhole()) {
            notAsPacked("it ends too early");
        }
        decoder.ifPresent(ContentDecoder::close);
        Answer known = answer;
        if (known != null && outcome == null) {
            long before = known.progress();
            known.end();
            look(known, before, nowNanos);
        }
    }

    private void look(Answer known, long progressBefore, long nowNanos) {
        boolean moved = known.progress() != progressBefore;
        if (moved && toldBegun) {
            attempt.progress(nowNanos);
        }
        if (known.outcome().isPresent()) {
            outcome = judged(known, known.outcome().get(), nowNanos);
        } else if (!delivering && !refused && read > reading.mostHeld()) {
            outcome = failed(hopeless(
                    known,
                    "the answer is larger than " + (reading.mostHeld() >> 20)
                            + " MiB; ask for it as a stream that is passed on as it comes"));
        } else if (!refused) {
            tail(known, moved, nowNanos);
        }
    }

    /** An answer of no use is asked for again, once, while the caller has nothing of it. */
    private Outcome judged(Answer known, Outcome how, long nowNanos) {
        if (how instanceof Outcome.Failed refusal) {
            return waking(refusal.failure(), nowNanos);
        }
        attempt.habits().there(nowNanos);
        Optional<FailureKind> flaw = known.flaw();
        if (flaw.isEmpty()) {
            return how;
        }
        if (delivering || attempt.isRepeatOf(flaw.get())) {
            return how;
        }
        String words = flaw.get() == FailureKind.EMPTY_ANSWER
                ? "the answer is whole, and there is nothing in it"
                : "the arguments of a tool call are the beginning of a JSON and no more";
        return failed(Failure.of(flaw.get(), known.phase(), words).withAcknowledged(Acknowledged.YES));
    }

    /** While a deployment boots, some fronts do not know it (freebuff#543): it is not gone if it was there or starting just now. */
    private Outcome waking(Failure failure, long nowNanos) {
        boolean mayBoot = reading.classifier().mayBoot(attempt.target().model());
        if (failure.kind() == FailureKind.NOT_READY) {
            attempt.habits().there(nowNanos);
        } else if (failure.kind() == FailureKind.NOT_FOUND
                && mayBoot
                && attempt.habits().mayComeBack(nowNanos)) {
            return failed(Failure.answered(FailureKind.NOT_READY, failure.status(), failure.message())
                    .withServerWish(Optional.of(failure.hint().orElse(BOOT_LOOK)), Optional.empty()));
        }
        return failed(failure);
    }

    /** Whatever comes after the end of every choice takes the second for a last word back. */
    private void tail(Answer known, boolean moved, long nowNanos) {
        if (!known.finishedForGood() || known.owesLastWord()) {
            limitNanos = Long.MAX_VALUE;
        } else if (moved || limitNanos == Long.MAX_VALUE) {
            limitNanos = nowNanos + TAIL_NANOS;
        }
    }

    /**
     * The connection broke.
     *
     * @param reused whether it had carried another request before
     * @param why the reason, for people
     */
    public void lost(String why, boolean reused, long nowNanos) {
        Answer known = answer;
        if (outcome != null) {
            return;
        }
        if (known == null) {
            boolean stale = reused && attempt.elapsedNanos(nowNanos) < STALE_NANOS;
            outcome =
                    failed(stale ? Failure.of(FailureKind.STALE_CONNECTION, attempt.phase(), why) : attempt.lost(why));
        } else if (isSaid(known)) {
            settle(known, nowNanos);
        } else {
            outcome = failed(attempt.lost(why));
        }
    }

    /**
     * What came is not HTTP, so nothing that follows it can be read. Behind a head it is a connection that broke.
     *
     * @param why the reason, for people
     */
    public void notHttp(String why, long nowNanos) {
        if (outcome == null && answer == null) {
            outcome = failed(Failure.of(FailureKind.MALFORMED_ANSWER, attempt.phase(), "the answer is not HTTP: " + why)
                    .withAcknowledged(Acknowledged.YES));
        } else {
            lost("the answer is not HTTP: " + why, false, nowNanos);
        }
    }

    /**
     * The connection could not be secured, and will not be.
     *
     * @param why the reason, for people
     * @see Untrusted
     */
    public void untrusted(String why) {
        if (outcome == null) {
            outcome = failed(Failure.of(FailureKind.CERTIFICATE_REFUSED, attempt.phase(), why)
                    .withAcknowledged(attempt.acknowledged()));
        }
    }

    /** Whether only a last word, or the body of a refusal, is waited for, so that {@link #dueNanos} may be earlier than before. */
    public boolean awaitsLastWord() {
        return limitNanos != Long.MAX_VALUE;
    }

    /** When to look with {@link #due} again; it moves with everything that happens. */
    public long dueNanos() {
        long clockNanos = attempt.clockNanos();
        return limitNanos != Long.MAX_VALUE && limitNanos - clockNanos < 0 ? limitNanos : clockNanos;
    }

    /** The moment of {@link #dueNanos} has come: nothing more is waited for. */
    public void due(long nowNanos) {
        switch (state()) {
            case OVER -> {}
            case REFUSED, FINISHED -> settle(Objects.requireNonNull(answer), nowNanos);
            case HEADLESS, OPENING, BEGUN -> outcome = failed(attempt.timedOut(nowNanos));
        }
    }

    /** Whether all that matters is here: a refusal's status, or the end of every choice. */
    private boolean isSaid(Answer known) {
        return refused || known.finishedForGood();
    }

    private void settle(Answer known, long nowNanos) {
        known.end();
        outcome = judged(known, known.outcome().orElseThrow(), nowNanos);
    }

    private static Outcome failed(Failure failure) {
        return new Outcome.Failed(failure);
    }

    /** What the call has to hear next, each signal once; empty if there is nothing new. */
    public Optional<Signal> next() {
        ServerSaid head = said;
        if (head != null) {
            said = null;
            return Optional.of(new Signal.Headed(attempt, head));
        }
        if (!toldBegun && hasBegun() && !swells()) {
            toldBegun = true;
            return Optional.of(new Signal.FirstEvent(attempt));
        }
        Outcome how = outcome;
        if (how != null && !toldEnd) {
            toldEnd = true;
            return Optional.of(new Signal.Ended(attempt, reading.again().marked(how)));
        }
        return Optional.empty();
    }

    /** Whether it was packed as nothing is that somebody reads, so that nobody gets any of it before all of it is known to be bounded. */
    private boolean swells() {
        return outcome == null && decoder.isPresent() && read > packedRead * SWOLLEN;
    }

    private boolean hasBegun() {
        Answer known = answer;
        if (known == null || !known.started() || outcome instanceof Outcome.Failed) {
            return false;
        }
        Optional<Boolean> goesOn = attempt.seam() == 0 ? Optional.of(true) : seam.apply(known);
        if (goesOn.isPresent() && !goesOn.get()) {
            outcome = failed(hopeless(known, "asked to go on where the answer broke, the model began anew"));
        }
        return goesOn.orElse(outcome != null);
    }

    /** A failure that asking again would repeat. */
    private static Failure hopeless(Answer known, String message) {
        return Failure.of(FailureKind.MALFORMED_ANSWER, known.phase(), message)
                .withServerWish(Optional.empty(), Optional.of(false));
    }

    /** From now on the caller gets the answer as it comes, so that it is no longer held. */
    public void deliver() {
        delivering = true;
    }

    /** Which of the bytes that came the caller may have. */
    public Allotment allotment() {
        return allotment;
    }

    /** What the body proves to be; empty before there is a head. */
    public Optional<Answer> answer() {
        return Optional.ofNullable(answer);
    }

    /** Whether the head said no. */
    public boolean refused() {
        return refused;
    }

    /** How it ended; empty while it has not. */
    public Optional<Outcome> outcome() {
        return Optional.ofNullable(outcome);
    }

    /** Whether the body has been read to its end. */
    public boolean bodyEnded() {
        return bodyEnded;
    }

    /** Whether nothing but the end of the body is missing, so that its connection may serve again. */
    public boolean needsNoMore() {
        return bodyEnded || outcome instanceof Outcome.Completed || refused;
    }
}
