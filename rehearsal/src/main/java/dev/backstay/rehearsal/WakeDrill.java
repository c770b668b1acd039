package dev.backstay.rehearsal;

import dev.backstay.core.CallListener;
import dev.backstay.core.Engine;
import dev.backstay.core.Request;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.Route;
import dev.backstay.core.Size;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.fireworks.WakeUp;
import dev.backstay.platform.Fleet;
import dev.backstay.simulator.Ask;
import dev.backstay.simulator.Chance;
import dev.backstay.simulator.Ending;
import dev.backstay.simulator.Policy;
import dev.backstay.simulator.Provider;
import dev.backstay.simulator.Receiver;
import dev.backstay.simulator.Script;
import dev.backstay.simulator.VirtualDriver;
import dev.backstay.simulator.VirtualTime;
import dev.backstay.simulator.World;
import dev.backstay.wire.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** A deployment at zero replicas that takes three minutes to serve, and callers who come meanwhile. */
final class WakeDrill {

    static final long BOOT_SECONDS = 180;
    private static final long SECOND = 1_000_000_000L;
    private static final double PER_SECOND = 0.5;
    private static final int LAST_ARRIVAL = 240;
    private static final Target DEPLOYMENT = new Target("fireworks", "accounts/demo/deployments/chat");
    private static final Target SERVERLESS = new Target("serverless", "accounts/fireworks/models/demo");

    /**
     * What came of it.
     *
     * @param who who waits, and how
     * @param calls calls made
     * @param failed calls that failed
     * @param askedWhileBooting requests that met the deployment before it served
     * @param p50Seconds the median time to the end of an answer
     */
    record Outcome(String who, long calls, long failed, long askedWhileBooting, double p50Seconds) {}

    private final VirtualTime time = new VirtualTime();
    private final Chance chance;
    private final FleetServing serving = new FleetServing(
            new Fleet(new Fleet.Ways(BOOT_SECONDS * SECOND, 64, 30 * SECOND, 600 * SECOND, 3_600 * SECOND), 0, 2, 0));
    private final List<Double> latencies = new ArrayList<>();
    private long calls;
    private long failed;

    private WakeDrill(long seed) {
        this.chance = new Chance(seed);
    }

    private static List<Long> arrivals(Chance chance) {
        RandomGenerator random = chance.arrivals(0);
        List<Long> all = new ArrayList<>();
        double at = 1;
        while (at < LAST_ARRIVAL) {
            all.add((long) (at * 1e9));
            at += -Math.log(1 - random.nextDouble()) / PER_SECOND;
        }
        return all;
    }

    /** Each caller for itself, with the loop of the documentation. */
    static Outcome alone(long seed) {
        long asked = 0;
        long failed = 0;
        List<Double> latencies = new ArrayList<>();
        List<Long> arrivals = arrivals(new Chance(seed));
        long servesAt = arrivals.get(0) + BOOT_SECONDS * SECOND;
        for (long arrival : arrivals) {
            long at = arrival;
            for (int tries = 1; at < servesAt && tries <= WakeUp.DOCUMENTED.mostTries(); tries++) {
                asked++;
                at += WakeUp.DOCUMENTED.after(tries).toNanos();
            }
            failed += at < servesAt ? 1 : 0;
            latencies.add((at - arrival) / 1e9 + 1.1);
        }
        return new Outcome("each caller, by the documented loop", arrivals.size(), failed, asked, median(latencies));
    }

    /** Calls of the engine. */
    static Outcome backstay(long seed, Duration deadline, boolean fallback) {
        return new WakeDrill(seed).play(deadline, fallback);
    }

    private Outcome play(Duration deadline, boolean fallback) {
        Provider dedicated = new Provider(Script.HEALTHY.withSpeed(500, 0.3, 20).with(() -> serving));
        Provider serverless = new Provider(Script.HEALTHY.withSpeed(500, 0.3, 20));
        World world = new World(
                time, target -> target.host().equals(SERVERLESS.host()) ? serverless : dedicated, chance, false);
        Engine engine = new Engine(RetryPolicy.DEFAULT, CallListener.NONE);
        Policy policy = arrival -> engine.newCall(arrival.request(), arrival.waker(), arrival.random())::on;
        List<Long> arrivals = arrivals(chance);
        Route route = fallback ? Route.ordered(List.of(DEPLOYMENT, SERVERLESS)) : Route.to(DEPLOYMENT);
        for (int i = 0; i < arrivals.size(); i++) {
            long number = i;
            time.at(arrivals.get(i), () -> call(world, policy, number, deadline, route));
        }
        time.run();
        String who =
                fallback ? "Backstay, serverless meanwhile" : "Backstay, callers wait " + deadline.toSeconds() + " s";
        return new Outcome(who, calls, failed, serving.refused(), median(latencies));
    }

    private void call(World world, Policy policy, long number, Duration deadline, Route route) {
        Timeouts timeouts = Workload.INTERACTIVE.timeouts().withTotal(deadline);
        Ask ask = new Ask(Endpoint.CHAT_COMPLETIONS, DEPLOYMENT.model(), 200, 30, true);
        Request request = Request.arriving("r", DEPLOYMENT, Workload.INTERACTIVE, timeouts, true, time.nanos())
                .with(StreamPolicy.WHOLE)
                .with(new Size(200, Size.NO_LIMIT))
                .with(route);
        new VirtualDriver(world, number, ask, request, policy, Receiver.of(this::ended)).start();
    }

    private void ended(Ending how) {
        calls++;
        if (how.result().succeeded()) {
            latencies.add(how.latencyNanos() / 1e9);
        } else {
            failed++;
        }
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.isEmpty() ? 0 : sorted.get(sorted.size() / 2);
    }
}
