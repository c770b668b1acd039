package dev.backstay.gateway.admin;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.backstay.ledger.CallRecord;
import dev.backstay.ledger.Ledger;
import dev.backstay.ledger.OpenLedger;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Reads what is kept, on a thread of its own, because reading blocks. What is asked beyond {@value #WAITING_LIMIT} is refused. */
final class CallReader implements AutoCloseable {

    /** Questions that wait. */
    static final int WAITING_LIMIT = 64;

    /** Calls on one page. */
    static final int CALLS_LIMIT = 500;

    private static final long CLOSE_SECONDS = 2;

    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    private final OpenLedger ledger;
    private final ThreadPoolExecutor thread =
            new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING_LIMIT), work -> {
                Thread made = new Thread(work, "backstay-page-reader");
                made.setDaemon(true);
                return made;
            });

    CallReader(String where) {
        this.ledger = new OpenLedger(() -> Ledger.existing(where));
    }

    /** The newest calls before this moment, as JSON. */
    CompletableFuture<String> calls(long beforeMs, int most) {
        return read(ledger -> {
            ObjectNode page = JSON.createObjectNode();
            var list = page.putArray("calls");
            for (CallRecord each : ledger.calls().newest(beforeMs, Math.min(CALLS_LIMIT, Math.max(1, most)))) {
                ObjectNode row = JSON.valueToTree(each);
                row.remove("life");
                list.add(row);
            }
            return page.toString();
        });
    }

    /** One call with its life, as JSON; empty if there is none. */
    CompletableFuture<Optional<String>> call(String id) {
        return read(ledger ->
                ledger.calls().find(id).map(call -> JSON.valueToTree(call).toString()));
    }

    private <T> CompletableFuture<T> read(Function<Ledger, T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            thread.execute(() -> {
                try {
                    answer.complete(question.apply(ledger.get()));
                } catch (RuntimeException | LinkageError unusable) {
                    ledger.close();
                    answer.completeExceptionally(unusable);
                }
            });
        } catch (RejectedExecutionException full) {
            answer.completeExceptionally(full);
        }
        return answer;
    }

    @Override
    public void close() {
        thread.shutdownNow();
        try {
            if (thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                ledger.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
