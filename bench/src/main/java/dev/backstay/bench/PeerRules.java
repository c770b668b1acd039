package dev.backstay.bench;

import dev.backstay.core.Failure;
import dev.backstay.core.Phase;
import dev.backstay.core.Waker;
import dev.backstay.simulator.RetryRules;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One call led by a real library: it is started once, sends whenever it wants to, and ends when its future does.
 *
 * <p>Not thread-safe; everything happens in virtual time.
 */
final class PeerRules implements RetryRules {

    /** The whole answer came. */
    private static final Answered GOOD = new Answered(200, null);

    /** What a library sees of an attempt that got an answer. */
    record Answered(int status, @Nullable Failure failure) {}

    /** What it sees of one that got none. */
    static final class AttemptFailed extends RuntimeException {

        private static final long serialVersionUID = 1;

        private final transient Failure failure;

        AttemptFailed(Failure failure) {
            super(failure.describe(), null, false, false);
            this.failure = failure;
        }

        Failure failure() {
            return failure;
        }

        /** What its user tells a library to try again. */
        static boolean isTransient(@Nullable Throwable cause) {
            return cause instanceof AttemptFailed failed && RetryRules.isTransient(failed.failure);
        }
    }

    /** What its user tells a library to try again. */
    static boolean isTransient(@Nullable Answered answered, @Nullable Throwable failure) {
        return AttemptFailed.isTransient(failure)
                || answered != null && answered.failure != null && RetryRules.isTransient(answered.failure);
    }

    /** A library. */
    @FunctionalInterface
    interface Library {
        /** Leads a call; {@code send} sends an attempt. */
        CompletableFuture<?> lead(Supplier<CompletableFuture<Answered>> send);
    }

    private final Library library;
    private final Draws draws;
    private @Nullable CompletableFuture<?> call;
    private @Nullable CompletableFuture<Answered> attempt;
    private @Nullable Waker waker;
    private boolean wantsToSend;

    PeerRules(Library library, Draws draws) {
        this.library = library;
        this.draws = draws;
    }

    @Override
    public long holdBack(RandomGenerator random, Waker callsWaker, long nowNanos) {
        waker = callsWaker;
        if (call == null) {
            draws.seedThread();
            CompletableFuture<?> begun = library.lead(this::send);
            begun.whenComplete((result, failure) -> callsWaker.wake());
            call = begun;
        }
        if (wantsToSend) {
            wantsToSend = false;
            return 0;
        }
        return isOver() ? STOP : UNTIL_WOKEN;
    }

    private CompletableFuture<Answered> send() {
        CompletableFuture<Answered> future = new CompletableFuture<>();
        attempt = future;
        wantsToSend = true;
        if (waker != null) {
            waker.wake();
        }
        return future;
    }

    @Override
    public long afterFailure(Failure failure, int attempts, RandomGenerator random, long nowNanos) {
        CompletableFuture<Answered> ended = attempt;
        draws.seedThread();
        if (ended != null && failure.status() != Failure.NO_STATUS) {
            ended.complete(new Answered(failure.status(), failure));
        } else if (ended != null) {
            ended.completeExceptionally(new AttemptFailed(failure));
        }
        return isOver() ? STOP : 0;
    }

    /** Whether the head of a good answer had come when it broke. */
    static boolean brokeLater(Failure failure) {
        return switch (failure.kind()) {
            case MALFORMED_ANSWER, STREAM_TRUNCATED, STREAM_ERROR -> true;
            default -> failure.phase() == Phase.STREAMING;
        };
    }

    @Override
    public void succeeded(long nowNanos) {
        if (attempt != null) {
            attempt.complete(GOOD);
        }
    }

    private boolean isOver() {
        return call != null && call.isDone();
    }
}
