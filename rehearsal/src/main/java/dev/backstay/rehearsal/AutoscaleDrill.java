package dev.backstay.rehearsal;

import dev.backstay.core.Engine;
import dev.backstay.core.Request;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.Size;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Target;
import dev.backstay.core.Workload;
import dev.backstay.fireworks.Autoscaler;
import dev.backstay.fireworks.PressureMeter;
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
import java.util.function.IntConsumer;
import java.util.random.RandomGenerator;

/**
 * A load that changes, calls of the engine, a deployment whose replicas take two minutes to boot, and somebody who decides how
 * many there are.
 */
final class AutoscaleDrill {

    /** Who decides. */
    enum Who {
        /** As many as the platform wants, between 1 and {@link #MOST}. */
        PLATFORM("the platform's own, 1 to 24"),
        /** What somebody set once, for the usual load. */
        FIXED("1 to 6, as set once"),
        BACKSTAY("Backstay");

        private final String words;

        Who(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    static final int PER_REPLICA = 8;
    static final int MOST = 24;
    private static final long SECOND = 1_000_000_000L;
    private static final long TICK = 15 * SECOND;
    private static final long BOOT = 120 * SECOND;
    private static final long FLAP = 900 * SECOND;
    private static final int TOKENS = 200;
    private static final int PROMPT = 500;
    private static final Target DEPLOYMENT = new Target("fireworks", "accounts/demo/deployments/chat");
    private static final Autoscaler.Settings SETTINGS = new Autoscaler.Settings(
            1,
            MOST,
            PER_REPLICA,
            Duration.ofSeconds(120),
            Duration.ofSeconds(600),
            Duration.ofSeconds(30),
            Double.POSITIVE_INFINITY);

    /**
     * What came of it.
     *
     * @param calls calls made
     * @param failed calls that failed
     * @param attempts attempts sent
     * @param rejected attempts that got a 429
     * @param hours replica hours
     * @param oracleHours what somebody who knows every arrival would have paid
     * @param changes changes to the bounds
     * @param flaps changes that were taken back within 15 minutes
     * @param size replicas at each look, for the chart
     * @param needed what the oracle would have had at each look
     */
    record Outcome(
            long calls,
            long failed,
            long attempts,
            long rejected,
            double hours,
            double oracleHours,
            int changes,
            int flaps,
            List<Integer> size,
            List<Integer> needed) {

        double rejectedPercent() {
            return attempts == 0 ? 0 : 100.0 * rejected / attempts;
        }

        double overOracle() {
            return hours / oracleHours;
        }
    }

    private final Shape shape;
    private final Who who;
    private final Chance chance;
    private final VirtualTime time = new VirtualTime();
    private final PressureMeter meter = new PressureMeter(DEPLOYMENT.model());
    private final Autoscaler autoscaler = new Autoscaler(SETTINGS);
    private final FleetServing serving;
    private final long endNanos;
    private int min;
    private int max;
    private int changes;
    private int flaps;
    private int lastDirection;
    private long lastChangeNanos = Long.MIN_VALUE / 2;
    private long calls;
    private long failed;
    private long attempts;
    private long rejected;
    private double hours;
    private final List<Integer> size = new ArrayList<>();

    private AutoscaleDrill(Shape shape, Who who, long seed) {
        this.shape = shape;
        this.who = who;
        this.chance = new Chance(seed);
        this.endNanos = (long) (shape.hours() * 3600 * SECOND);
        this.min = who == Who.BACKSTAY ? 5 : 1;
        this.max = who == Who.FIXED ? 6 : who == Who.PLATFORM ? MOST : 6;
        Fleet.Ways ways = new Fleet.Ways(BOOT, PER_REPLICA, 30 * SECOND, 600 * SECOND, 3_600 * SECOND);
        Fleet fleet = new Fleet(ways, min, max, -BOOT);
        fleet.scaleTo(5, -BOOT);
        this.serving = new FleetServing(fleet);
    }

    static Outcome play(Shape shape, Who who, long seed) {
        return new AutoscaleDrill(shape, who, seed).play();
    }

    private Outcome play() {
        Provider provider = new Provider(Script.HEALTHY.withSpeed(500, 0.3, 20).with(() -> serving));
        World world = new World(time, target -> provider, chance, false);
        Engine engine = new Engine(RetryPolicy.DEFAULT, meter);
        Policy policy = arrival -> engine.newCall(arrival.request(), arrival.waker(), arrival.random())::on;
        List<Long> arrivals = arrivals();
        arrive(arrivals, 0, number -> call(world, policy, number));
        time.at(0, this::tick);
        double before = serving.fleet().replicaHours(0);
        time.run();
        List<Integer> needed = Oracle.needed(arrivals, chance, endNanos, TICK, BOOT, PER_REPLICA);
        double oracle = needed.stream().mapToInt(each -> each).sum() * (TICK / 3.6e12);
        return new Outcome(calls, failed, attempts, rejected, hours - before, oracle, changes, flaps, size, needed);
    }

    /** Plans one arrival, which plans the next: a day has a million of them. */
    private void arrive(List<Long> arrivals, int number, IntConsumer call) {
        if (number < arrivals.size()) {
            time.at(arrivals.get(number), () -> {
                arrive(arrivals, number + 1, call);
                call.accept(number);
            });
        }
    }

    /** A Poisson process whose rate follows the shape, by thinning. */
    private List<Long> arrivals() {
        RandomGenerator random = chance.arrivals(0);
        double most = 24;
        List<Long> all = new ArrayList<>();
        double at = 0;
        while (at < shape.hours() * 3600) {
            at += -Math.log(1 - random.nextDouble()) / most;
            if (random.nextDouble() < shape.at(at / 3600) / most && at < shape.hours() * 3600) {
                all.add((long) (at * 1e9));
            }
        }
        return all;
    }

    private void call(World world, Policy policy, long number) {
        Ask ask = new Ask(Endpoint.CHAT_COMPLETIONS, DEPLOYMENT.model(), PROMPT, TOKENS, true);
        Request request = Request.arriving(
                        "r", DEPLOYMENT, Workload.INTERACTIVE, Workload.INTERACTIVE.timeouts(), true, time.nanos())
                .with(StreamPolicy.WHOLE)
                .with(new Size(PROMPT, Size.NO_LIMIT));
        new VirtualDriver(world, number, ask, request, policy, Receiver.of(this::ended)).start();
    }

    private void ended(Ending how) {
        calls++;
        failed += how.result().succeeded() ? 0 : 1;
        attempts += how.attempts();
        rejected += how.rejected();
    }

    private void tick() {
        long now = time.nanos();
        if (now + TICK <= endNanos) {
            time.at(now + TICK, this::tick);
        }
        Fleet fleet = serving.fleet();
        serving.look(now);
        size.add(fleet.size());
        hours = fleet.replicaHours(now);
        if (who != Who.BACKSTAY) {
            return;
        }
        Autoscaler.Proposal proposal =
                autoscaler.look(meter.take(now), new Autoscaler.Now(min, max, fleet.size(), fleet.serving(now)), now);
        if (proposal.changes()) {
            int direction = Integer.signum(proposal.min() - min);
            flaps += direction != 0 && direction == -lastDirection && now - lastChangeNanos < FLAP ? 1 : 0;
            lastDirection = direction != 0 ? direction : lastDirection;
            lastChangeNanos = direction != 0 ? now : lastChangeNanos;
            changes++;
            boolean down = proposal.min() < min;
            min = proposal.min();
            max = proposal.max();
            fleet.bounds(min, max, proposal.loadTarget(), now);
            if (down) {
                fleet.scaleTo(min, now);
            }
        }
    }
}
