package dev.backstay.gateway.admin;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BinaryOperator;

/**
 * What was added by key in the last three minutes.
 *
 * <p>Adding is thread-safe, and takes a lock; the rest is for one thread.
 */
final class Recent<K, V> {

    /** Keys that are told apart in each part of the time; others are added as one. */
    static final int LIMIT = 200;

    private static final int PARTS = LiveNumbers.SECONDS / LiveNumbers.PART_SECONDS;

    private final K others;
    private final BinaryOperator<V> sum;
    private final Deque<Map<K, V>> parts = new ArrayDeque<>();
    private Map<K, V> now = new HashMap<>();

    /** @param others stands for the keys that are too many */
    Recent(K others, BinaryOperator<V> sum) {
        this.others = others;
        this.sum = sum;
    }

    synchronized void add(K key, V value) {
        boolean room = now.size() < LIMIT || now.containsKey(key);
        now.merge(room ? key : others, value, sum);
    }

    /** Another part begins, and the oldest is forgotten. */
    void turn() {
        parts.addLast(take());
        if (parts.size() > PARTS) {
            parts.removeFirst();
        }
    }

    private synchronized Map<K, V> take() {
        Map<K, V> taken = now;
        now = new HashMap<>();
        return taken;
    }

    /** All of it. */
    Map<K, V> all() {
        Map<K, V> all = new HashMap<>();
        parts.forEach(part -> part.forEach((key, value) -> all.merge(key, value, sum)));
        synchronized (this) {
            now.forEach((key, value) -> all.merge(key, value, sum));
        }
        return all;
    }
}
