package dev.backstay.client;

import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.wire.Answer;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;

/**
 * The answer of one attempt as it comes: its bytes, what they mean, and what of them was not handed on yet. Belongs to the thread that
 * reads.
 */
final class Reception {

    private static final Outcome.Failed TOO_LARGE = new Outcome.Failed(Failure.of(
                    FailureKind.MALFORMED_ANSWER,
                    Phase.STREAMING,
                    "the answer is larger than " + Reply.LIMIT + " bytes; read it as a stream, or into a file")
            .withServerWish(Optional.empty(), Optional.of(false)));

    private static final int FIRST_REFUSAL = 300;

    private final Incoming incoming;
    private final Answer answer;
    private final Kept kept;
    private boolean bodyEnded;
    private boolean tooLarge;
    private long released;

    Reception(Ask ask, Incoming incoming, Instant now) {
        this.incoming = incoming;
        this.answer = ask.reader(incoming, now);
        this.kept = !isRefusal() && ask.into().isPresent()
                ? new Kept.InFile(ask.into().get())
                : new Kept.InMemory();
    }

    /** Whether its status says no. */
    boolean isRefusal() {
        return incoming.status() >= FIRST_REFUSAL;
    }

    /** Waits for the next bytes, and reads them. */
    void next(byte[] piece) throws InterruptedException, Broken {
        int length = incoming.read(piece);
        if (length == Incoming.END) {
            bodyEnded = true;
            answer.end();
        } else {
            answer.read(ByteBuffer.wrap(piece, 0, length));
            tooLarge |= !kept.add(piece, length);
        }
    }

    /** The body of a refusal does not come: its status says what it did not. */
    void endRefusal() {
        answer.end();
    }

    /** Whether it has shown itself to be good. */
    boolean begun() {
        return answer.started() && !(outcome().orElse(null) instanceof Outcome.Failed);
    }

    /** Grows with everything that counts as progress. */
    long progress() {
        return answer.progress();
    }

    /** How it ended; empty while it has not. */
    Optional<Outcome> outcome() {
        return tooLarge ? Optional.of(TOO_LARGE) : answer.outcome();
    }

    /** How many bytes {@link #take} has. */
    int ready() {
        return (int) Math.min(Integer.MAX_VALUE, answer.releasable() - released);
    }

    /** Hands on up to this much of what is {@linkplain #ready ready}. */
    int take(byte[] into, int from, int length) {
        int size = Math.min(ready(), length);
        ((Kept.InMemory) kept).take(into, from, size);
        released += size;
        return size;
    }

    /** Its status and its headers. */
    Reply head() {
        return new Reply(incoming.status(), incoming.headers(), new byte[0]);
    }

    /** All of it that was not handed on. */
    Reply whole() {
        return new Reply(incoming.status(), incoming.headers(), kept.whole());
    }

    /** It broke: nothing of it stays. */
    void drop() {
        kept.drop();
    }

    /** Gives its connection back, if it can be used again. */
    void close() {
        incoming.close(bodyEnded || outcome().orElse(null) instanceof Outcome.Completed);
    }
}
