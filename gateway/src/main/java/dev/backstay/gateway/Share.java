package dev.backstay.gateway;

import dev.backstay.client.Problem;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One call that several ask for: the first leads it, the others get a copy of its answer when it is whole. If the leader leaves, the call
 * goes on for the others. Thread-safe.
 */
final class Share {

    /** Followers of one call, at most. */
    static final int FOLLOWERS_LIMIT = 64;

    /**
     * How it ended.
     *
     * @param headers of the answer, those of its connection among them
     * @param problem instead of an answer, if there is none that can be shared
     */
    record Ending(
            int status,
            @Nullable HttpHeaders headers,
            byte[] body,
            @Nullable Problem problem) {}

    /** The largest answer that is kept for others, in bytes. */
    private static final int LIMIT = 16 * 1024 * 1024;

    private final String request;
    private final Consumer<Share> whenOver;
    private final List<Consumer<Ending>> followers = new ArrayList<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private @Nullable HttpHeaders headers;
    private int status;
    private boolean led;
    private boolean leaderLeft;
    private boolean over;
    private Runnable abandon = () -> {};

    Share(String request, Consumer<Share> whenOver) {
        this.request = request;
        this.whenOver = whenOver;
    }

    String request() {
        return request;
    }

    /**
     * Whoever is told yes leads it, and must see to its end.
     *
     * @param ifAbandoned what ends the call when nobody wants it any more
     */
    synchronized boolean lead(Runnable ifAbandoned) {
        if (led) {
            return false;
        }
        led = true;
        abandon = ifAbandoned;
        return true;
    }

    /** Nobody makes this call, because it was refused. */
    void endUnled() {
        if (!isLed()) {
            failed(Problem.ofRequest(429, "not_begun", "the call was refused"));
        }
    }

    /** Whether somebody makes this call. */
    synchronized boolean isLed() {
        return led;
    }

    /** Waits for its end, unless there are too many who do, or it is over by now. */
    synchronized boolean follow(Consumer<Ending> follower) {
        return !over && followers.size() < FOLLOWERS_LIMIT && followers.add(follower);
    }

    /** This one no longer waits. */
    void leave(Consumer<Ending> follower) {
        Runnable ends = () -> {};
        synchronized (this) {
            followers.remove(follower);
            if (leaderLeft && followers.isEmpty()) {
                ends = abandon;
            }
        }
        ends.run();
    }

    /** The leader left; whether the call has to go on for others. */
    synchronized boolean goesOnWithoutLeader() {
        leaderLeft = !followers.isEmpty();
        return leaderLeft;
    }

    /** The answer's head. */
    synchronized void head(int code, HttpHeaders all) {
        status = code;
        headers = all.copy();
    }

    /** More of its body; read, not taken. */
    synchronized void piece(ByteBuf bytes) {
        if (body.size() <= LIMIT) {
            byte[] copy = new byte[bytes.readableBytes()];
            bytes.getBytes(bytes.readerIndex(), copy);
            body.writeBytes(copy);
        }
    }

    /** It is whole. */
    void whole() {
        Problem tooLarge = body.size() > LIMIT
                ? Problem.ofRequest(
                        502,
                        "too_large_to_share",
                        "the answer is too large to be shared; ask again without an Idempotency-Key")
                : null;
        end(new Ending(status, headers, body.toByteArray(), tooLarge));
    }

    /** There will be no whole answer. */
    void failed(Problem problem) {
        end(new Ending(problem.status(), null, new byte[0], problem));
    }

    private void end(Ending ending) {
        List<Consumer<Ending>> told;
        synchronized (this) {
            if (over) {
                return;
            }
            over = true;
            told = List.copyOf(followers);
            followers.clear();
        }
        whenOver.accept(this);
        told.forEach(follower -> follower.accept(ending));
    }
}
