package dev.backstay.core;

import java.util.Locale;
import java.util.Optional;

/** Who goes first when not all can. A lower class waits while a higher one does, but for a small share of the turns. */
public enum Priority {
    /** Must not be shed. */
    CRITICAL,
    /** What calls are when nobody says otherwise. */
    DEFAULT,
    /** May be shed when there is not enough for all. */
    SHEDDABLE,
    /** Takes what is left. */
    BATCH;

    /** The word used in headers, settings and metrics. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The priority with this {@linkplain #label() word}, in any case. */
    public static Optional<Priority> named(String label) {
        for (Priority priority : values()) {
            if (priority.label().equalsIgnoreCase(label.strip())) {
                return Optional.of(priority);
            }
        }
        return Optional.empty();
    }
}
