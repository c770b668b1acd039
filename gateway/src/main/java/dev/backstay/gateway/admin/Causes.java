package dev.backstay.gateway.admin;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Phase;
import dev.backstay.core.Target;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Why attempts failed lately and calls were lost.
 *
 * <p>Hearing is thread-safe, and takes a lock that only failures need; the rest is for one thread.
 */
final class Causes {

    /** Different reasons that are told apart at a time; others are counted as one. */
    static final int LIMIT = 200;

    /** Of the last three minutes. */
    private static final int PARTS = LiveNumbers.SECONDS / LiveNumbers.PART_SECONDS;

    /**
     * What failures that are counted together have in common.
     *
     * @param host who was asked; empty for those that are not told apart
     */
    record Cause(String host, String model, FailureKind kind, Phase phase, int status, Acknowledged acknowledged) {}

    /**
     * How often that was, and what was said last.
     *
     * @param attempts that failed so
     * @param calls that ended so, without their whole answer
     * @param message as the server or the transport said it; may be empty
     */
    record Count(long attempts, long calls, String message) {
        private Count and(Count later) {
            return new Count(attempts + later.attempts, calls + later.calls, later.message);
        }
    }

    private static final Cause OTHERS = new Cause("", "", FailureKind.INTERNAL, Phase.QUEUED, 0, Acknowledged.UNKNOWN);

    private final Deque<Map<Cause, Count>> parts = new ArrayDeque<>();
    private Map<Cause, Count> now = new HashMap<>();

    /** An attempt failed. */
    void attempt(Target target, Failure failure) {
        add(target, failure, new Count(1, 0, failure.message()));
    }

    /** A call was lost. */
    void call(Target target, Failure failure) {
        add(target, failure, new Count(0, 1, failure.message()));
    }

    private void add(Target target, Failure failure, Count count) {
        Cause cause = new Cause(
                target.host(),
                target.model(),
                failure.kind(),
                failure.phase(),
                failure.status(),
                failure.acknowledged());
        synchronized (this) {
            boolean room = now.size() < LIMIT || now.containsKey(cause);
            now.merge(room ? cause : OTHERS, count, Count::and);
        }
    }

    /** Another part begins. */
    void turn() {
        parts.addLast(take());
        if (parts.size() > PARTS) {
            parts.removeFirst();
        }
    }

    private synchronized Map<Cause, Count> take() {
        Map<Cause, Count> taken = now;
        now = new HashMap<>();
        return taken;
    }

    /** The ones that cost most calls, then those that cost most attempts. */
    List<Map.Entry<Cause, Count>> most(int howMany) {
        Map<Cause, Count> all = new HashMap<>();
        parts.forEach(part -> part.forEach((cause, count) -> all.merge(cause, count, Count::and)));
        synchronized (this) {
            now.forEach((cause, count) -> all.merge(cause, count, Count::and));
        }
        return all.entrySet().stream()
                .sorted(Comparator.<Map.Entry<Cause, Count>>comparingLong(
                                each -> -each.getValue().calls())
                        .thenComparingLong(each -> -each.getValue().attempts())
                        .thenComparing(each -> each.getKey().toString()))
                .limit(howMany)
                .toList();
    }
}
