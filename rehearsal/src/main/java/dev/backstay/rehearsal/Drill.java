package dev.backstay.rehearsal;

import dev.backstay.fireworks.DcpSaves;
import dev.backstay.simulator.Svg;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** A scenario of the control plane, by name. */
public enum Drill {
    TRAINING("training", "12 h of steps: 20 preemptions, 3 outages, 2 silent deaths, 5 kills of our own process") {
        @Override
        public Report play(long seed) throws IOException {
            return training(seed);
        }
    },
    WAKE_UP("wake-up", "a deployment at zero that takes 180 s to serve, and a call every two seconds") {
        @Override
        public Report play(long seed) {
            return wakeUp(seed);
        }
    },
    AUTOSCALE_STEP(Shape.STEP.label(), Shape.STEP.words()) {
        @Override
        public Report play(long seed) {
            return autoscale(this, Shape.STEP, seed);
        }
    },
    AUTOSCALE_RAMP(Shape.RAMP.label(), Shape.RAMP.words()) {
        @Override
        public Report play(long seed) {
            return autoscale(this, Shape.RAMP, seed);
        }
    },
    AUTOSCALE_DAY(Shape.DAY.label(), Shape.DAY.words()) {
        @Override
        public Report play(long seed) {
            return autoscale(this, Shape.DAY, seed);
        }
    };

    /**
     * What came of a drill.
     *
     * @param text for people
     * @param chart over time, if there is one
     */
    public record Report(String text, Optional<String> chart) {}

    private static final int SAVE_EVERY = 25;
    private static final int TRAINING_SEEDS = 3;
    private static final int WIDTH = 860;
    private static final int HEIGHT = 300;
    private static final int LEFT = 40;
    private static final int TOP = 50;
    private static final int BOTTOM = 260;

    private final String label;
    private final String title;

    Drill(String label, String title) {
        this.label = label;
        this.title = title;
    }

    /** Plays it; the same seed is the same play. */
    public abstract Report play(long seed) throws IOException;

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

    private static String row(String format, Object... values) {
        return String.format(Locale.ROOT, format, values).stripTrailing() + "\n";
    }

    private static Report training(long seed) throws IOException {
        StringBuilder text = new StringBuilder("training: " + TRAINING.title + "\n");
        text.append("(steps of 20 s, a save of 60 s every ")
                .append(SAVE_EVERY)
                .append(" steps, 400 s for capacity after each resume)\n\n");
        text.append(row(
                "%-19s %4s  %-9s %5s %7s %9s %11s %12s %7s",
                "", "seed", "complete", "step", "starts", "restarts", "steps again", "beyond save", "hours"));
        List<String> story = List.of();
        String ending = "";
        for (TrainingDrill.Flow flow : TrainingDrill.Flow.values()) {
            for (long each = seed; each < seed + TRAINING_SEEDS; each++) {
                Path folder = Files.createTempDirectory("backstay-drill");
                TrainingDrill.Outcome outcome =
                        TrainingDrill.play(flow, each, folder.resolve("ledger.db"), new DcpSaves(SAVE_EVERY));
                clear(folder);
                text.append(row(
                        "%-19s %4d  %-9s %5d %7d %9d %11d %12d %7.2f",
                        flow.words(),
                        each,
                        outcome.completed() ? "yes" : "no",
                        outcome.step(),
                        outcome.freshStarts(),
                        outcome.restarts(),
                        outcome.lostSteps(),
                        outcome.beyondSave(),
                        outcome.hours()));
                story = flow == TrainingDrill.Flow.BACKSTAY && each == seed ? outcome.story() : story;
                ending = flow == TrainingDrill.Flow.OFFICIAL && each == seed ? outcome.ending() : ending;
            }
        }
        text.append("\nThe official flow, seed ")
                .append(seed)
                .append(", gave up: ")
                .append(ending)
                .append("\n");
        text.append("\nBackstay, seed ").append(seed).append(":\n");
        story.forEach(line -> text.append("  ").append(line).append('\n'));
        return new Report(text.toString(), Optional.empty());
    }

    private static void clear(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }

    private static Report wakeUp(long seed) {
        List<WakeDrill.Outcome> outcomes = new ArrayList<>();
        outcomes.add(WakeDrill.alone(seed));
        outcomes.add(WakeDrill.backstay(seed, Duration.ofSeconds(300), false));
        outcomes.add(WakeDrill.backstay(seed, Duration.ofSeconds(60), false));
        outcomes.add(WakeDrill.backstay(seed, Duration.ofSeconds(60), true));
        StringBuilder text = new StringBuilder("wake-up: " + WAKE_UP.title + "\n\n");
        text.append(row("%-38s %6s %7s %15s %9s", "", "calls", "failed", "asked in vain", "p50 s"));
        outcomes.forEach(each -> text.append(row(
                "%-38s %6d %7d %15d %9.1f",
                each.who(), each.calls(), each.failed(), each.askedWhileBooting(), each.p50Seconds())));
        text.append(
                "\nAsked in vain: requests that met the deployment before it served; the first of them starts it.\n");
        return new Report(text.toString(), Optional.empty());
    }

    private static Report autoscale(Drill drill, Shape shape, long seed) {
        StringBuilder text = new StringBuilder(drill.label + ": " + shape.words() + "\n");
        text.append("(answers of 4.5 s, ")
                .append(AutoscaleDrill.PER_REPLICA)
                .append(" at a time on a replica, 120 s to boot one, callers wait 60 s)\n\n");
        text.append(row(
                "%-28s %9s %8s %8s %14s %10s %8s %6s",
                "", "calls", "failed", "429s %", "replica hours", "of oracle", "changes", "flaps"));
        AutoscaleDrill.Outcome ours = null;
        for (AutoscaleDrill.Who who : AutoscaleDrill.Who.values()) {
            if (who == AutoscaleDrill.Who.FIXED && shape != Shape.STEP) {
                continue;
            }
            AutoscaleDrill.Outcome each = AutoscaleDrill.play(shape, who, seed);
            ours = each;
            text.append(row(
                    "%-28s %9d %8d %8.3f %14.1f %10.3f %8d %6d",
                    who.words(),
                    each.calls(),
                    each.failed(),
                    each.rejectedPercent(),
                    each.hours(),
                    each.overOracle(),
                    each.changes(),
                    each.flaps()));
        }
        AutoscaleDrill.Outcome last = Objects.requireNonNull(ours);
        text.append(
                row("%-28s %9d %8s %8s %14.1f %10.3f", "an oracle", last.calls(), "-", "-", last.oracleHours(), 1.0));
        text.append(
                "\nThe oracle knows every arrival: the replicas that nobody has to wait for, started in time, dropped at once.\n");
        return new Report(text.toString(), Optional.of(chart(shape, last)));
    }

    private static String chart(Shape shape, AutoscaleDrill.Outcome outcome) {
        Svg svg = new Svg(WIDTH, HEIGHT);
        svg.words(LEFT, 18, "start", shape.words());
        svg.rect(LEFT, 28, 10, 10, "#2e7d4f");
        svg.words(LEFT + 14, 37, "start", "replicas, Backstay");
        svg.rect(LEFT + 160, 28, 10, 10, "#3a6ea5");
        svg.words(LEFT + 174, 37, "start", "what an oracle would have (dashed)");
        int most = Math.max(
                outcome.size().stream().mapToInt(each -> each).max().orElse(1),
                outcome.needed().stream().mapToInt(each -> each).max().orElse(1));
        svg.words(LEFT - 6, TOP + 5, "end", Integer.toString(most));
        svg.words(LEFT - 6, BOTTOM, "end", "0");
        svg.line(LEFT, BOTTOM, WIDTH - 12, BOTTOM, "#5b6770");
        svg.polyline(curve(outcome.needed(), most), "#3a6ea5", true);
        svg.polyline(curve(outcome.size(), most), "#2e7d4f", false);
        for (double hour = 0; hour <= shape.hours(); hour += shape.hours() / 8) {
            double x = LEFT + (WIDTH - 12.0 - LEFT) * hour / shape.hours();
            svg.words(x, BOTTOM + 16, x > WIDTH - 60 ? "end" : "middle", String.format(Locale.ROOT, "%.0f h", hour));
        }
        return svg.finish();
    }

    private static String curve(List<Integer> values, int most) {
        StringBuilder points = new StringBuilder();
        int step = Math.max(1, values.size() / 600);
        for (int i = 0; i < values.size(); i += step) {
            double x = LEFT + (WIDTH - 12.0 - LEFT) * i / values.size();
            double y = BOTTOM - (double) (BOTTOM - TOP) * values.get(i) / most;
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
        }
        return points.toString().strip();
    }
}
