package dev.backstay.bench;

import dev.backstay.simulator.League;
import dev.backstay.simulator.Report;
import dev.backstay.simulator.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/** The league as it is published: with the real libraries, ten seeds. Writes it where its argument says. */
public final class PublishedLeague {

    private static final int SEEDS = 10;
    private static final String COMMAND = "bench/league";

    private PublishedLeague() {}

    /** Writes the report into the directory that is the only argument, and removes what was there. */
    public static void main(String[] args) throws IOException, InterruptedException, ExecutionException {
        Path directory = Path.of(args[0]);
        Map<String, String> files = files();
        Files.createDirectories(directory);
        try (Stream<Path> old = Files.list(directory)) {
            for (Path file : old.toList()) {
                Files.delete(file);
            }
        }
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
    }

    /** The files of the report, by their names. */
    static Map<String, String> files() throws InterruptedException, ExecutionException {
        List<League.Contender> contenders = Peers.contenders();
        List<Scenario> scenarios = Scenario.all();
        List<League.Played> played = League.playAll(scenarios, contenders, 1, SEEDS, done -> {});
        return new Report(scenarios, contenders, played, COMMAND).files();
    }
}
