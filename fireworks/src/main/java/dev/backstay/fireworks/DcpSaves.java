package dev.backstay.fireworks;

import java.time.Duration;

/**
 * {@code dcp_save_interval}: every so many optimizer steps, weights and optimizer are saved, so that a preemption costs no more than
 * the steps since then. The recipes' default is 0, which saves nothing before the end.
 *
 * <p>Immutable.
 *
 * @param interval steps between two saves; 0 saves none
 */
public record DcpSaves(long interval) {

    /** The longest time that a save may take, as the platform bounds it. */
    public static final Duration LONGEST_SAVE = Duration.ofSeconds(2_700);

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public DcpSaves {
        if (interval < 0) {
            throw new IllegalArgumentException(
                    "dcp-save-interval is " + interval + ": it must be 0 (no saves) or a number of steps");
        }
    }

    /** Whether training can be interrupted without losing everything. */
    public boolean isOn() {
        return interval > 0;
    }

    /** Whether a save is due after this step of a run that began at {@code offset}; its first step is not saved again. */
    public boolean isDue(long step, long offset) {
        return interval > 0 && step > offset && (step - offset) % interval == 0;
    }

    /** Steps that would be lost if it stopped now. */
    public static long atRisk(long step, long savedStep) {
        return Math.max(0, step - Math.max(0, savedStep));
    }

    /**
     * The interval that loses least, by Young's formula (J. W. Young, 1974, "A first order approximation to the optimum checkpoint
     * interval"): √(2 · cost of a save · mean time between interruptions) of work between two saves.
     *
     * <p>Worked example: a save of 60 s, steps of 20 s, 20 preemptions in 12 h: √(2 · 60 · 2160) = 509 s, so every 25 steps.
     *
     * @param saveCost how long a save takes
     * @param stepTime how long a step takes
     * @param seen how long the job was watched
     * @param interruptions how often it was interrupted then; 0 counts as one that may come now
     */
    public static DcpSaves advised(Duration saveCost, Duration stepTime, Duration seen, int interruptions) {
        if (saveCost.isNegative()
                || stepTime.isNegative()
                || stepTime.isZero()
                || seen.isNegative()
                || seen.isZero()
                || interruptions < 0) {
            throw new IllegalArgumentException(
                    "an interval is advised from a save cost from 0 on, a step time and a time watched above 0,"
                            + " and a number of interruptions: " + saveCost + ", " + stepTime + ", " + seen + ", "
                            + interruptions);
        }
        double between = seconds(seen) / Math.max(1, interruptions);
        double work = Math.sqrt(2 * seconds(saveCost) * between);
        return new DcpSaves(Math.max(1, (long) Math.floor(work / seconds(stepTime))));
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }
}
