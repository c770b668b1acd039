package dev.backstay.simulator;

import dev.backstay.core.CallListener;
import dev.backstay.core.Request;
import dev.backstay.core.Route;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Target;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiFunction;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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

    /** Makes the policies of a world's clients, one each: what a client learns stays with it. */
    @FunctionalInterface
    public interface Clients {
        List<Policy> of(Scenario scenario, World world);

        /** Clients that know nothing of each other. */
        static Clients apart(BiFunction<Scenario, World, Policy> one) {
            return (scenario, world) -> Stream.generate(() -> one.apply(scenario, world))
                    .limit(scenario.load().clients())
                    .toList();
        }
    }

    /** A row, and what happened when; only in the first world of a scenario, as charts show that one. */
    public record Played(Row row, @Nullable Pulse pulse) {
        private Played withoutPulse() {
            return new Played(row, null);
        }
    }

    private League() {}

    /** All that ship: the rivals, the oracle, and Backstay. */
    public static List<Contender> contenders() {
        List<Contender> all = new ArrayList<>();
        for (Rival rival : Rival.values()) {
            Clients clients = Clients.apart(
                    (scenario, world) -> rival.policy(scenario.attemptTimeout().orElse(null)));
            all.add(new Contender(rival.label(), rival.title(), "emulated", clients));
        }
        all.add(backstay(BACKSTAY, "this; answers are held back until they are whole", UnaryOperator.identity()));
        all.add(backstay(
                "backstay-live",
                "this, for callers who want to read along: what broke after its first token is lost",
                request -> request.with(StreamPolicy.LIVE)));
        all.add(backstay(
                "backstay-resume", "this, with a provider that can go on where an answer broke off", League::resuming));
        all.add(oracle());
        return all;
    }

    private static Contender backstay(String name, String title, UnaryOperator<Request> asks) {
        return new Contender(name, title, "its own", Clients.apart((scenario, world) -> {
            Policy policy = Replay.backstay(CallListener.NONE);
            return arrival -> policy.begin(arrival.with(asks.apply(arrival.request())));
        }));
    }

    private static Request resuming(Request request) {
        List<Target> targets = request.route().choices().stream()
                .map(choice -> choice.target().resuming())
                .toList();
        return request.with(StreamPolicy.RESUME).with(Route.ordered(targets));
    }

    private static Contender oracle() {
        return new Contender(
                ORACLE,
                "knows the future",
                "its own",
                (scenario, world) ->
                        Collections.nCopies(scenario.load().clients(), new OracleLoop(world, scenario.targets())));
    }

    /** Whether this is somebody else: not Backstay in one of its ways, and not the oracle. */
    public static boolean isOther(String policy) {
        return !policy.startsWith(BACKSTAY) && !policy.equals(ORACLE);
    }

    /** How many calls the one who knows the future serves. */
    public static int oracleSucceeds(Scenario scenario, long seed) {
        return Arena.play(scenario, oracle().clients(), seed).succeeded();
    }

    /** Plays one. */
    public static Played play(Scenario scenario, Contender contender, long seed, int oracleSucceeded) {
        Score score = Arena.play(scenario, contender.clients(), seed);
        return new Played(score.row(contender.name(), seed, oracleSucceeded), score.pulse());
    }

    /**
     * Plays all of them in all scenarios, on all cores.
     *
     * @param firstSeed of the first world of each scenario
     * @param seeds how many worlds of each
     * @param progress is called with 1 for each world that has been played; from several threads
     * @return in the order of scenarios, seeds and contenders
     */
    public static List<Played> playAll(
            List<Scenario> scenarios, List<Contender> contenders, long firstSeed, int seeds, IntConsumer progress)
            throws InterruptedException, ExecutionException {
        ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            List<Future<List<Played>>> worlds = new ArrayList<>();
            for (Scenario scenario : scenarios) {
                for (int i = 0; i < seeds; i++) {
                    long seed = firstSeed + i;
                    boolean first = i == 0;
                    worlds.add(pool.submit(() -> playOne(scenario, contenders, seed, first, progress)));
                }
            }
            List<Played> all = new ArrayList<>();
            for (Future<List<Played>> world : worlds) {
                all.addAll(world.get());
            }
            return all;
        } finally {
            pool.shutdownNow();
        }
    }

    private static List<Played> playOne(
            Scenario scenario, List<Contender> contenders, long seed, boolean first, IntConsumer progress) {
        int best = oracleSucceeds(scenario, seed);
        List<Played> all = contenders.stream()
                .map(contender -> play(scenario, contender, seed, best))
                .map(played -> first ? played : played.withoutPulse())
                .toList();
        progress.accept(1);
        return all;
    }
}
