package dev.backstay.diagnosis;

import java.util.Locale;

/**
 * What one step of an examination showed.
 *
 * <p>Immutable.
 *
 * @param step which: {@code names}, {@code addresses}, {@code proxy}, {@code tls}, {@code http}, {@code clock}, {@code key},
 *     {@code model}, {@code completion} or {@code settings}
 * @param verdict how it is
 * @param what what was seen. Never a key
 * @param fix what to do; empty if nothing
 * @param tookMillis how long it took
 */
public record Finding(String step, Verdict verdict, String what, String fix, long tookMillis) {

    /** How a part is. */
    public enum Verdict {
        /** It works. */
        PASS,
        /** It works, and will not always. */
        WARN,
        /** It does not work. */
        FAIL,
        /** It was not asked, because of what failed before, or because there is nothing to ask. */
        SKIPPED;

        /** The word used in reports. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
