package dev.backstay.simulator;

import dev.backstay.core.CallListener;
import dev.backstay.core.Request;
import dev.backstay.core.Route;
import dev.backstay.core.Size;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.wire.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Plays policies in scenarios: the same arrivals, faults and service times for each of them, in virtual time.
 *
 * <p>Thread-safe: each play has a world of its own.
 */
public final class League {

    /** Our name in it. */
    public static final String BACKSTAY = "backstay";

    /** The one who knows the future. */
    public static final String ORACLE = "oracle";

    /**
     * Who plays.
     *
     * @param name the word for commands and reports
     * @param title what it is
     * @param source whose code runs
     * @param clients makes the policies of a world's clients
     */
    public record Contender(String name, String title, String source, Clients clients) {}

    /** Makes the policy of each client of a world. */
    @FunctionalInterface
    public interface Clients {
        Policy of(Scenario scenario, World world, int client);
    }

    /** A row, and what happened when. */
    public record Played(Row row, Pulse pulse) {}

    private League() {}

    /** All that ship: the rivals, the oracle, and Backstay. */
    public static List<Contender> contenders() {
        List<Contender> all = new ArrayList<>();
        for (Rival rival : Rival.values()) {
            all.add(new Contender(
                    rival.label(),
                    rival.title(),
                    "emulated",
                    (scenario, world, client) ->
                            rival.policy(scenario.attemptTimeout().orElse(null))));
        }
        all.add(new Contender(
                BACKSTAY, "this", "its own", (scenario, world, client) -> Replay.backstay(CallListener.NONE)));
        all.add(oracle());
        return all;
    }

    private static Contender oracle() {
        Map<World, Policy> shared = new HashMap<>();
        return new Contender(ORACLE, "knows the future", "its own", (scenario, world, client) -> {
            synchronized (shared) {
                if (client == 0) {
                    shared.clear();
                }
                return shared.computeIfAbsent(world, w -> new OracleLoop(w, targets(scenario)));
            }
        });
    }

    private static List<Target> targets(Scenario scenario) {
        List<Target> targets = new ArrayList<>();
        for (int i = 0; i < scenario.providers().size(); i++) {
            targets.add(Scenario.target(i));
        }
        return targets;
    }

    /** How many calls the one who knows the future serves. */
    public static int oracleSucceeds(Scenario scenario, long seed) {
        return score(scenario, oracle(), seed).succeeded();
    }

    /** Plays one. */
    public static Played play(Scenario scenario, Contender contender, long seed, int oracleSucceeded) {
        Score score = score(scenario, contender, seed);
        return new Played(score.row(contender.name(), seed, oracleSucceeded), score.pulse());
    }

    private static Score score(Scenario scenario, Contender contender, long seed) {
        VirtualTime time = new VirtualTime();
        Chance chance = new Chance(seed);
        Map<Target, Provider> providers = new HashMap<>();
        for (int i = 0; i < scenario.providers().size(); i++) {
            providers.put(Scenario.target(i), new Provider(scenario.providers().get(i)));
        }
        World world = new World(time, providers::get, chance, false);
        List<Policy> clients = new ArrayList<>();
        for (int i = 0; i < scenario.load().clients(); i++) {
            clients.add(contender.clients().of(scenario, world, i));
        }
        List<Load.Arrival> arrivals = scenario.load().arrivals(chance);
        Score score = new Score(scenario, arrivals);
        Timeouts timeouts = timeouts(scenario);
        for (int i = 0; i < arrivals.size(); i++) {
            Load.Arrival arrival = arrivals.get(i);
            int number = i;
            time.at(arrival.atNanos(), () -> {
                Ask ask = new Ask(
                        Endpoint.CHAT_COMPLETIONS,
                        Scenario.MODEL,
                        arrival.promptTokens(),
                        arrival.outputTokens(),
                        true);
                Request plain = Request.arriving(
                                "r", Scenario.target(0), Workload.INTERACTIVE, timeouts, true, time.nanos())
                        .with(StreamPolicy.WHOLE)
                        .with(new Size(arrival.promptTokens(), Size.NO_LIMIT))
                        .with(Route.ordered(targets(scenario)));
                Request request = scenario.hedged() ? plain.withHedging() : plain;
                new VirtualDriver(world, number, ask, request, clients.get(arrival.client()), score).start();
            });
        }
        time.run();
        return score;
    }

    private static Timeouts timeouts(Scenario scenario) {
        Timeouts usual = Workload.INTERACTIVE.timeouts().withTotal(scenario.deadline());
        Duration firstToken = scenario.attemptTimeout().orElse(usual.firstToken());
        return new Timeouts(usual.connect(), usual.write(), firstToken, usual.answer(), usual.idle(), usual.total());
    }
}
