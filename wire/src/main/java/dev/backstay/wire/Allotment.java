package dev.backstay.wire;

/**
 * Which of the bytes that an attempt has brought the caller may have: none of a beginning that it has seen, nothing that was left out, and
 * no more than has proved to be good. The driver keeps the bytes and says how many of them it has {@link #passed}.
 *
 * <p>Not thread-safe: belongs to whoever has the {@link AttemptReader}.
 */
public final class Allotment {

    private final AttemptReader reader;
    private long passed;

    Allotment(AttemptReader reader) {
        this.reader = reader;
    }

    /** How many of the bytes that the driver has and has not {@link #passed} the caller must not get, from the first of them on. */
    public long toSkip() {
        Answer known = reader.answer().orElse(null);
        if (known != null) {
            if (reader.attempt().seam() > 0 && passed < known.contentStart()) {
                return known.contentStart() - passed; // the caller has seen a beginning
            }
            for (Answer.Gap gap : known.gaps()) {
                if (gap.from() <= passed && passed < gap.to()) {
                    return gap.to() - passed;
                }
            }
        }
        return 0;
    }

    /** How many of them, after those to skip, the caller may get now. */
    public long toGive() {
        Answer known = reader.answer().orElse(null);
        if (known == null) {
            return 0;
        }
        long from = passed + toSkip();
        long to = known.releasable();
        for (Answer.Gap gap : known.gaps()) {
            to = gap.from() >= from ? Math.min(to, gap.from()) : to;
        }
        return Math.max(0, to - from);
    }

    /** How many bytes the caller may still get of an answer that is whole. */
    public long left() {
        Answer known = reader.answer().orElse(null);
        if (known == null) {
            return 0;
        }
        long left = known.releasable() - passed;
        for (Answer.Gap gap : known.gaps()) {
            left -= Math.max(0, gap.to() - Math.max(gap.from(), passed));
        }
        return Math.max(0, left);
    }

    /** So many of them were skipped or given. */
    public void passed(long bytes) {
        passed += bytes;
    }
}
