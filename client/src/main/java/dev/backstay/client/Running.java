package dev.backstay.client;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The exchanges that are under way, so that they are bounded and can be ended. Thread-safe. */
final class Running {

    private final Set<Exchange> exchanges = ConcurrentHashMap.newKeySet();
    private final int limit;
    private volatile boolean closed;

    Running(int limit) {
        this.limit = limit;
    }

    /**
     * Whether there is room for another one.
     *
     * @throws IllegalStateException if no more may begin
     */
    boolean hasRoom() {
        if (closed) {
            throw new IllegalStateException(
                    "this Backstay is closed: make one for the whole process, and close it at its end");
        }
        return exchanges.size() < limit;
    }

    void add(Exchange exchange) {
        exchanges.add(exchange);
        if (closed) {
            exchange.leave();
        }
    }

    void remove(Exchange exchange) {
        exchanges.remove(exchange);
    }

    int size() {
        return exchanges.size();
    }

    /** Ends them all, and lets no more begin. */
    void close() {
        closed = true;
        List.copyOf(exchanges).forEach(Exchange::leave);
    }
}
