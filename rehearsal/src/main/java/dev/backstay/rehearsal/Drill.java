package dev.backstay.rehearsal;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** A scenario of the control plane, by name. */
public enum Drill {
    TRAINING("training", "12 h of steps: 20 preemptions, 3 outages, 2 silent deaths, 5 kills of our own process") {
        @Override
        public Report play(long seed) {
            return TrainingReport.play(seed).report();
        }
    },
    WAKE_UP("wake-up", "a deployment at zero that takes 180 s to serve, and a call every two seconds") {
        @Override
        public Report play(long seed) {
            return WakeReport.play(seed).report();
        }
    },
    AUTOSCALE_STEP(Shape.STEP.label(), Shape.STEP.words()) {
        @Override
        public Report play(long seed) {
            return AutoscaleReport.play(Shape.STEP, seed).report();
        }
    },
    AUTOSCALE_RAMP(Shape.RAMP.label(), Shape.RAMP.words()) {
        @Override
        public Report play(long seed) {
            return AutoscaleReport.play(Shape.RAMP, seed).report();
        }
    },
    AUTOSCALE_DAY(Shape.DAY.label(), Shape.DAY.words()) {
        @Override
        public Report play(long seed) {
            return AutoscaleReport.play(Shape.DAY, seed).report();
        }
    };

    /**
     * What came of a drill.
     *
     * @param text for people
     * @param chart over time, if there is one
     */
    public record Report(String text, Optional<String> chart) {}

    private final String label;
    private final String title;

    Drill(String label, String title) {
        this.label = label;
        this.title = title;
    }

    /** Plays it; the same seed is the same play. */
    public abstract Report play(long seed);

    /** The word used in commands. */
    public String label() {
        return label;
    }

    /** What happens. */
    public String title() {
        return title;
    }

    /** The drill of this name. */
    public static Optional<Drill> named(String label) {
        return Stream.of(values()).filter(each -> each.label.equals(label)).findFirst();
    }

    /** A line of a report's table. */
    static String row(String format, Object... values) {
        return String.format(Locale.ROOT, format, values).stripTrailing() + "\n";
    }
}
