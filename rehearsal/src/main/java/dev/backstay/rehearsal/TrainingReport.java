package dev.backstay.rehearsal;

import dev.backstay.fireworks.DcpSaves;
import dev.backstay.rehearsal.TrainingDrill.Flow;
import dev.backstay.rehearsal.TrainingDrill.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The training drill, played by both flows with the same seeds, as a table and a story.
 *
 * @param seed the first one
 * @param rows what came of each play, in the order of the table
 */
record TrainingReport(long seed, List<Row> rows) {

    static final int SAVE_EVERY = 25;
    private static final int SEEDS = 3;

    /** One play. */
    record Row(Flow flow, long seed, Outcome outcome) {}

    static TrainingReport play(long seed) {
        List<Row> rows = Stream.of(Flow.values())
                .flatMap(flow ->
                        LongStream.range(seed, seed + SEEDS).mapToObj(each -> new Row(flow, each, play(flow, each))))
                .toList();
        return new TrainingReport(seed, rows);
    }

    private static Outcome play(Flow flow, long seed) {
        try {
            Path folder = Files.createTempDirectory("backstay-drill");
            Outcome outcome = TrainingDrill.play(flow, seed, folder.resolve("ledger.db"), new DcpSaves(SAVE_EVERY));
            clear(folder);
            return outcome;
        } catch (IOException noRoom) {
            throw new UncheckedIOException(noRoom);
        }
    }

    private static void clear(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }

    /** What came of this flow, by seed. */
    List<Outcome> of(Flow flow) {
        return rows.stream().filter(row -> row.flow == flow).map(Row::outcome).toList();
    }

    Drill.Report report() {
        StringBuilder text = new StringBuilder("training: " + Drill.TRAINING.title() + "\n");
        text.append("(steps of 20 s, a save of 60 s every ")
                .append(SAVE_EVERY)
                .append(" steps, 400 s for capacity after each resume)\n\n");
        text.append(Drill.row(
                "%-19s %4s  %-9s %5s %7s %9s %11s %12s %7s",
                "", "seed", "complete", "step", "starts", "restarts", "steps again", "beyond save", "hours"));
        for (Row row : rows) {
            Outcome outcome = row.outcome;
            text.append(Drill.row(
                    "%-19s %4d  %-9s %5d %7d %9d %11d %12d %7.2f",
                    row.flow.words(),
                    row.seed,
                    outcome.completed() ? "yes" : "no",
                    outcome.step(),
                    outcome.freshStarts(),
                    outcome.restarts(),
                    outcome.lostSteps(),
                    outcome.beyondSave(),
                    outcome.hours()));
        }
        text.append("\nThe official flow, seed ")
                .append(seed)
                .append(", gave up: ")
                .append(of(Flow.OFFICIAL).get(0).ending())
                .append("\n");
        text.append("\nBackstay, seed ").append(seed).append(":\n");
        of(Flow.BACKSTAY)
                .get(0)
                .story()
                .forEach(line -> text.append("  ").append(line).append('\n'));
        return new Drill.Report(text.toString(), Optional.empty());
    }
}
