package dev.backstay.cli;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.backstay.simulator.League;
import dev.backstay.simulator.LeagueTable;
import dev.backstay.simulator.Row;
import dev.backstay.simulator.Scenario;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
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

    @Parameters(arity = "0..*", paramLabel = "SCENARIO", description = "Names of scenarios. Default: all of them.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--policy",
            arity = "1..*",
            paramLabel = "NAME",
            description = "backstay, oracle, or a rival. Default: all of them.")
    private List<String> policies = new ArrayList<>();

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Of everything drawn; with --seeds the first of them. Default: ${DEFAULT-VALUE}")
    private long seed = 1;

    @Option(names = "--seeds", paramLabel = "K", description = "How many seeds. Default: ${DEFAULT-VALUE}")
    private int seeds = 1;

    @Option(names = "--json", description = "Print a list of rows.")
    private boolean json;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (seeds < 1 || seeds > SEEDS_LIMIT) {
            throw new IllegalArgumentException(
                    "--seeds is " + seeds + ": it must be at least 1 and at most " + SEEDS_LIMIT);
        }
        List<Scenario> scenarios = scenarios();
        List<League.Contender> contenders = contenders();
        List<Row> rows = play(scenarios, contenders);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .build()
                    .writeValueAsString(rows));
        } else {
            for (Scenario scenario : scenarios) {
                out.println(LeagueTable.of(scenario, rows).text());
            }
        }
        out.flush();
        return 0;
    }

    private List<Row> play(List<Scenario> scenarios, List<League.Contender> contenders) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            List<Future<List<Row>>> worlds = new ArrayList<>();
            for (Scenario scenario : scenarios) {
                for (int i = 0; i < seeds; i++) {
                    long each = seed + i;
                    worlds.add(pool.submit(() -> world(scenario, contenders, each)));
                }
            }
            List<Row> rows = new ArrayList<>();
            for (Future<List<Row>> world : worlds) {
                rows.addAll(world.get());
            }
            return rows;
        } finally {
            pool.shutdownNow();
        }
    }

    private static List<Row> world(Scenario scenario, List<League.Contender> contenders, long seed) {
        int oracle = League.oracleSucceeds(scenario, seed);
        return contenders.stream()
                .map(contender -> League.play(scenario, contender, seed, oracle).row())
                .toList();
    }

    private List<Scenario> scenarios() {
        if (names.isEmpty()) {
            return Scenario.all();
        }
        return names.stream()
                .map(name -> Scenario.named(name)
                        .orElseThrow(() -> new IllegalArgumentException("there is no scenario '" + name
                                + "'; there is: "
                                + Scenario.all().stream().map(Scenario::name).collect(Collectors.joining(", ")))))
                .toList();
    }

    private List<League.Contender> contenders() {
        List<League.Contender> all = League.contenders();
        List<String> wanted = policies.stream()
                .flatMap(text -> Arrays.stream(text.split(",")))
                .toList();
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
