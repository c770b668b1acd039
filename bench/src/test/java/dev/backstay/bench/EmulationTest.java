package dev.backstay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.core.Request;
import dev.backstay.core.Size;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Target;
import dev.backstay.core.Workload;
import dev.backstay.simulator.Ask;
import dev.backstay.simulator.Chance;
import dev.backstay.simulator.Ending;
import dev.backstay.simulator.Policy;
import dev.backstay.simulator.Provider;
import dev.backstay.simulator.Receiver;
import dev.backstay.simulator.Rival;
import dev.backstay.simulator.Script;
import dev.backstay.simulator.Story;
import dev.backstay.simulator.VirtualDriver;
import dev.backstay.simulator.VirtualTime;
import dev.backstay.simulator.World;
import dev.backstay.wire.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The emulations that ship decide as the real libraries do: the same random histories, played by both with the same draws,
 * have the same sends at the same nanoseconds and the same endings. A thousand of them, and ten thousand with {@code -Pthorough}.
 */
class EmulationTest {

    private static final int HISTORIES = Boolean.getBoolean("backstay.thorough") ? 10_000 : 1_000;
    private static final int LONG_ONE_IN = 100;
    private static final Target TARGET = new Target("simulator", "model");
    private static final List<String> FAULTS = List.of(
            "503",
            "500",
            "502",
            "429",
            "408",
            "409",
            "401",
            "400",
            "404",
            "refuse",
            "black-hole",
            "silence",
            "cut",
            "stall",
            "no-done",
            "error-event",
            "slow-start");

    static List<Rival> real() {
        return List.copyOf(Peers.real().keySet());
    }

    @ParameterizedTest
    @MethodSource("real")
    void emulation_plays_the_same_histories(Rival rival) {
        int sends = 0;
        for (long seed = 1; seed <= HISTORIES; seed++) {
            long each = seed;
            List<String> emulated = history(seed, (world, draws) -> withDraws(rival.policy(null), draws));
            List<String> real =
                    history(seed, (world, draws) -> Peers.real().get(rival).policy(rival, world, draws, null));
            assertThat(difference(emulated, real))
                    .as(() -> rival.label() + ", history " + each)
                    .isEmpty();
            sends += (int) real.stream().filter(line -> line.contains("sends")).count();
        }
        assertThat(sends).isGreaterThan(HISTORIES * 10);
    }

    /** The first line in which they differ, and the one before. */
    private static String difference(List<String> emulated, List<String> real) {
        int lines = Math.max(emulated.size(), real.size());
        for (int i = 0; i < lines; i++) {
            String ours = i < emulated.size() ? emulated.get(i) : "nothing";
            String theirs = i < real.size() ? real.get(i) : "nothing";
            if (!ours.equals(theirs)) {
                return "line " + i + ": the emulation has '" + ours + "', the library has '" + theirs + "', after '"
                        + (i == 0 ? "" : real.get(i - 1)) + "'";
            }
        }
        return "";
    }

    private static String stamp(long nanos) {
        return String.format("%14.9f s", nanos / 1e9);
    }

    private static Policy withDraws(Policy policy, Draws draws) {
        return arrival -> policy.begin(arrival.with(draws));
    }

    private static List<String> history(long seed, BiFunction<World, Draws, Policy> client) {
        SplittableRandom random = new SplittableRandom(seed);
        VirtualTime time = new VirtualTime();
        Provider provider = new Provider(script(random));
        World world = new World(time, target -> provider, new Chance(seed), false);
        Policy policy = client.apply(world, new Draws(seed, time));
        List<String> log = new ArrayList<>();
        int calls = random.nextInt(LONG_ONE_IN) == 0 ? 600 : 1 + random.nextInt(20);
        double perSecond = 0.2 + random.nextDouble() * 20;
        double at = 0;
        for (int i = 0; i < calls; i++) {
            at += -Math.log(1 - random.nextDouble()) / perSecond;
            int number = i;
            Duration deadline = Duration.ofMillis(2_000 + random.nextInt(88_000));
            time.at((long) (at * 1e9), () -> call(world, number, deadline, policy, log));
        }
        time.run();
        log.sort(null); // what happens in the same nanosecond has no order
        return log;
    }

    /** A provider with several troubles at once, now and then with limits. */
    private static Script script(SplittableRandom random) {
        List<String> odds = new ArrayList<>();
        int troubles = random.nextInt(4);
        for (int i = 0; i < troubles; i++) {
            odds.add(1 + random.nextInt(25) + "% with " + FAULTS.get(random.nextInt(FAULTS.size())));
        }
        String story = odds.isEmpty() ? "then: healthy" : "then: fail " + String.join(", ", odds);
        boolean outage = random.nextInt(3) == 0;
        int from = random.nextInt(20);
        Script script = Script.HEALTHY.with(
                outage
                        ? Story.of(
                                "until " + (from + 1) + "s: healthy",
                                "until " + (from + 2 + random.nextInt(30)) + "s: fail 100% with 503",
                                story)
                        : Story.of(story));
        return random.nextInt(3) == 0
                ? script.with(new Script.Limits(3_600_000, 20_000 + random.nextInt(400_000), 36_000))
                : script;
    }

    private static void call(World world, int number, Duration deadline, Policy policy, List<String> log) {
        Request request = Request.arriving(
                        "r",
                        TARGET,
                        Workload.INTERACTIVE,
                        Workload.INTERACTIVE.timeouts().withTotal(deadline),
                        true,
                        world.time().nanos())
                .with(StreamPolicy.WHOLE)
                .with(new Size(500, Size.NO_LIMIT));
        Ask ask = new Ask(Endpoint.CHAT_COMPLETIONS, "model", 500, 100, true);
        new VirtualDriver(world, number, ask, request, policy, new Receiver() {

                    @Override
                    public void sent(long nowNanos) {
                        log.add(stamp(nowNanos) + " " + number + " sends");
                    }

                    @Override
                    public void ended(Ending how) {
                        log.add(stamp(how.endedNanos()) + " " + number + " "
                                + (how.result().succeeded() ? "succeeds" : "fails") + " after " + how.attempts());
                    }
                })
                .start();
    }
}
