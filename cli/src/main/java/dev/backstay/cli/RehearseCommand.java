package dev.backstay.cli;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.backstay.rehearsal.Drill;
import dev.backstay.simulator.League;
import dev.backstay.simulator.LeagueTable;
import dev.backstay.simulator.Report;
import dev.backstay.simulator.Row;
import dev.backstay.simulator.Scenario;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Plays policies in scenarios of trouble, in virtual time, and prints how each did. */
@Command(
        name = "rehearse",
        description = "Plays Backstay and what people use today in scenarios of trouble, in virtual time.",
        mixinStandardHelpOptions = true)
final class RehearseCommand implements Callable<Integer> {

    private static final int SEEDS_LIMIT = 10_000;

    @Parameters(
            arity = "0..*",
            paramLabel = "SCENARIO",
            split = ",",
            description =
                    "Names of scenarios. Default: all of them. --list names them. Or drills of the control plane, which are played"
                            + " by themselves: training, wake-up, autoscale-step, autoscale-ramp, autoscale-day.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--policy",
            paramLabel = "NAME",
            split = ",",
            description = "backstay, oracle, or a rival; may be repeated, or several with commas. Default: all of them."
                    + " --list names them.")
    private List<String> policies = new ArrayList<>();

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Of everything drawn; with --seeds the first of them. Default: ${DEFAULT-VALUE}")
    private long seed = 1;

    @Option(names = "--seeds", paramLabel = "K", description = "How many seeds. Default: ${DEFAULT-VALUE}")
    private int seeds = 1;

    @Option(names = "--list", description = "Print the scenarios and the policies, and play nothing.")
    private boolean list;

    @Option(names = "--json", description = "Print a list of rows.")
    private boolean json;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Also write a report there: a page, and a table and a chart per scenario.")
    private @Nullable Path out;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (seeds < 1 || seeds > SEEDS_LIMIT) {
            throw new IllegalArgumentException(
                    "--seeds is " + seeds + ": it must be at least 1 and at most " + SEEDS_LIMIT);
        }
        if (seed > Long.MAX_VALUE - seeds) {
            throw new IllegalArgumentException(
                    "--seed is " + seed + ": with --seeds " + seeds + " there are not so many");
        }
        if (list) {
            print(catalogue());
            return 0;
        }
        List<Drill> drills = names.stream()
                .flatMap(name -> Drill.named(name.strip()).stream())
                .distinct()
                .toList();
        if (!drills.isEmpty()) {
            return drills(drills);
        }
        List<Scenario> scenarios = scenarios();
        List<League.Contender> contenders = contenders();
        if (out != null) {
            requireReportable(contenders);
            requireWritable(out);
        }
        List<League.Played> played;
        try (Progress progress = Progress.of("worlds", (long) scenarios.size() * seeds, json)) {
            played = League.playAll(scenarios, contenders, seed, seeds, progress);
        }
        if (out != null) {
            write(out, new Report(scenarios, contenders, played, command()));
        }
        print(scenarios, played.stream().map(League.Played::row).toList());
        return 0;
    }

    /** What lies beyond a single call is played one by one. */
    private int drills(List<Drill> drills) throws IOException {
        if (drills.size() < names.size() || !policies.isEmpty() || seeds > 1 || json) {
            throw new IllegalArgumentException("drills of the control plane (" + labels()
                    + ") are played by themselves, without scenarios of calls, --policy, --seeds and --json");
        }
        if (out != null) {
            requireWritable(out);
        }
        for (Drill drill : drills) {
            Drill.Report report = drill.play(seed);
            print(report.text());
            if (out != null) {
                Files.writeString(out.resolve(drill.label() + ".txt"), report.text());
                if (report.chart().isPresent()) {
                    Files.writeString(
                            out.resolve(drill.label() + ".svg"), report.chart().get());
                }
            }
        }
        return 0;
    }

    private static String labels() {
        return Stream.of(Drill.values()).map(Drill::label).collect(Collectors.joining(", "));
    }

    private static void requireReportable(List<League.Contender> contenders) {
        List<String> names = contenders.stream().map(League.Contender::name).toList();
        boolean somebodyElse = names.stream().anyMatch(League::isOther);
        if (!names.contains(League.BACKSTAY) || !names.contains(League.ORACLE) || !somebodyElse) {
            throw new IllegalArgumentException("--out writes a report that compares: --policy must name "
                    + League.BACKSTAY + ", " + League.ORACLE + " and a rival; without --policy all of them play");
        }
    }

    /** Better to know before the league is played than after. */
    private static void requireWritable(Path directory) {
        if (directory.toString().isBlank()) {
            throw new IllegalArgumentException("--out is empty: it must name a directory");
        }
        try {
            Files.createDirectories(directory);
            Files.delete(Files.createTempFile(directory, "backstay", ".try"));
        } catch (IOException impossible) {
            throw new IllegalArgumentException(
                    "--out is " + directory + ", and nothing can be written there: it must be a directory of yours");
        }
    }

    private String command() {
        List<String> words = new ArrayList<>(List.of("./backstay", "rehearse"));
        words.addAll(names);
        policies.forEach(policy -> words.addAll(List.of("--policy", policy.strip())));
        words.addAll(List.of("--seed", Long.toString(seed), "--seeds", Integer.toString(seeds)));
        return String.join(" ", words);
    }

    private static String catalogue() {
        StringBuilder text = new StringBuilder("Scenarios\n");
        Scenario.all().forEach(each -> text.append(String.format("  %-16s %s%n", each.name(), each.title())));
        text.append("\nDrills of the control plane\n");
        Stream.of(Drill.values())
                .forEach(each -> text.append(String.format("  %-16s %s%n", each.label(), each.title())));
        text.append("\nPolicies\n");
        League.contenders().forEach(each -> text.append(String.format("  %-22s %s%n", each.name(), each.title())));
        return text.toString();
    }

    private static void write(Path directory, Report report) throws IOException {
        Files.createDirectories(directory);
        for (Map.Entry<String, String> file : report.files().entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
    }

    private void print(List<Scenario> scenarios, List<Row> rows) throws IOException {
        if (json) {
            print(JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .build()
                    .writeValueAsString(rows));
        } else {
            print(scenarios.stream()
                    .map(scenario -> LeagueTable.of(scenario, rows).text())
                    .collect(Collectors.joining("\n")));
        }
    }

    private void print(String text) throws IOException {
        PrintWriter printer = spec.commandLine().getOut();
        printer.println(text);
        printer.flush();
        if (printer.checkError() || System.out.checkError()) {
            throw new IOException("the output could not be written; is the disk full, or the pipe closed?");
        }
    }

    private List<Scenario> scenarios() {
        if (names.isEmpty()) {
            return Scenario.all();
        }
        return names.stream()
                .map(String::strip)
                .distinct()
                .map(name -> Scenario.named(name)
                        .orElseThrow(() -> new IllegalArgumentException("there is no scenario '" + name
                                + "'; there is: "
                                + Scenario.all().stream().map(Scenario::name).collect(Collectors.joining(", "))
                                + "; and drills of the control plane: " + labels())))
                .toList();
    }

    private List<League.Contender> contenders() {
        List<League.Contender> all = League.contenders();
        List<String> wanted = policies.stream().map(String::strip).distinct().toList();
        if (wanted.isEmpty()) {
            return all;
        }
        return wanted.stream()
                .map(name -> all.stream()
                        .filter(each -> each.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("there is no policy '" + name + "'; there is: "
                                + all.stream().map(League.Contender::name).collect(Collectors.joining(", ")))))
                .toList();
    }
}
