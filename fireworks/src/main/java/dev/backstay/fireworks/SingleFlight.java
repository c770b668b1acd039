package dev.backstay.fireworks;

import dev.backstay.fireworks.FireworksException.Reason;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/**
 * One at a time for each id: whoever comes while it is being done joins, and gets what the first one gets. If the first one leaves, the
 * next one goes on. Thread-safe.
 */
final class SingleFlight<T> {

    private final Map<String, CompletableFuture<T>> flying = new ConcurrentHashMap<>();
    private final Set<String> joined = ConcurrentHashMap.newKeySet();

    /** Does it, or waits for whoever does. */
    T run(String id, Supplier<T> work) {
        while (true) {
            CompletableFuture<T> mine = new CompletableFuture<>();
            CompletableFuture<T> first = flying.putIfAbsent(id, mine);
            if (first == null) {
                return lead(id, mine, work);
            }
            try {
                return join(id, first);
            } catch (FireworksException no) {
                if (no.reason() != Reason.CANCELLED || Thread.currentThread().isInterrupted()) {
                    throw no;
                }
            }
        }
    }

    private T lead(String id, CompletableFuture<T> mine, Supplier<T> work) {
        try {
            T done = work.get();
            mine.complete(done);
            return done;
        } catch (RuntimeException | Error failed) {
            mine.completeExceptionally(failed);
            throw failed;
        } finally {
            flying.remove(id, mine);
            joined.remove(id);
        }
    }

    private T join(String id, CompletableFuture<T> first) {
        joined.add(id);
        try {
            return first.get();
        } catch (InterruptedException left) {
            Thread.currentThread().interrupt();
            throw new FireworksException(
                    Reason.CANCELLED, "the wait for " + id + " was cancelled; the one it had joined goes on", "");
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RuntimeException known) {
                throw known;
            }
            throw new IllegalStateException(failed);
        }
    }

    /** Whether somebody has joined the one that is under way. */
    boolean isJoined(String id) {
        return joined.contains(id);
    }
}
