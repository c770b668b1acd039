package dev.backstay.core;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What one call has tried so far. Belongs to its call. */
final class Tries {

    private @Nullable Map<FailureKind, Integer> byKind;
    private int sent;
    private int refused;
    private int burned;
    private boolean raced;

    /** One more is sent; which number it has. */
    int sent(boolean probe) {
        return ++sent;
    }

    /** It failed. */
    void failed(Failure failure, long elapsedNanos) {
        Map<FailureKind, Integer> counts = byKind;
        if (counts == null) {
            counts = new EnumMap<>(FailureKind.class);
            byKind = counts;
        }
        counts.merge(failure.kind(), 1, Integer::sum);
        if (failure.kind().costUnits(failure.phase(), elapsedNanos) <= 1) {
            refused++;
        } else {
            burned++;
        }
    }

    /** A second attempt races the first; once in a call. */
    void race() {
        raced = true;
    }

    boolean raced() {
        return raced;
    }

    /** All that were sent. */
    int all() {
        return sent;
    }

    /** Those that failed cheaply. */
    int refused() {
        return refused;
    }

    /** Those that failed and may have been worked on. */
    int burned() {
        return burned;
    }

    /** Those that failed in this way. */
    int of(FailureKind kind) {
        return byKind == null ? 0 : byKind.getOrDefault(kind, 0);
    }
}
