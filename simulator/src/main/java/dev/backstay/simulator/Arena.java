package dev.backstay.simulator;

import dev.backstay.core.Request;
import dev.backstay.core.Route;
import dev.backstay.core.Size;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.wire.Endpoint;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Where one policy is played in one scenario, in a world of its own. */
final class Arena {

    private Arena() {}

    /** Plays it; the same seed is the same play. */
    static Score play(Scenario scenario, League.Clients contender, long seed) {
        VirtualTime time = new VirtualTime();
        Chance chance = new Chance(seed);
        Map<String, Provider> providers = new HashMap<>();
        for (int i = 0; i < scenario.providers().size(); i++) {
            providers.put(
                    scenario.targets().get(i).host(),
                    new Provider(scenario.providers().get(i)));
        }
        World world = new World(time, target -> providers.get(target.host()), chance, false);
        List<Policy> clients = contender.of(scenario, world);
        List<Load.Arrival> arrivals = scenario.load().arrivals(chance);
        Target first = scenario.targets().get(0);
        Provider primary = Objects.requireNonNull(providers.get(first.host()));
        int prompt = meanPrompt(arrivals);
        Score score = new Score(scenario, arrivals, () -> primary.callsPerSecond(Scenario.MODEL, prompt));
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
                        scenario.streamed());
                Request plain = Request.arriving(
                                "r", first, Workload.INTERACTIVE, timeouts, scenario.streamed(), time.nanos())
                        .with(StreamPolicy.WHOLE)
                        .with(new Size(arrival.promptTokens(), Size.NO_LIMIT))
                        .with(Route.ordered(scenario.targets()));
                Request request = scenario.hedged() ? plain.withHedging() : plain;
                new VirtualDriver(world, number, ask, request, clients.get(arrival.client()), score).start();
            });
        }
        time.run();
        return score;
    }

    private static int meanPrompt(List<Load.Arrival> arrivals) {
        return (int)
                arrivals.stream().mapToInt(Load.Arrival::promptTokens).average().orElse(1);
    }

    private static Timeouts timeouts(Scenario scenario) {
        Timeouts usual = Workload.INTERACTIVE.timeouts().withTotal(scenario.deadline());
        Duration firstToken = scenario.attemptTimeout().orElse(usual.firstToken());
        return new Timeouts(usual.connect(), usual.write(), firstToken, usual.answer(), usual.idle(), usual.total());
    }
}
