package dev.backstay.bench;

import dev.backstay.simulator.League;
import dev.backstay.simulator.Policy;
import dev.backstay.simulator.RetryRules;
import dev.backstay.simulator.Rival;
import dev.backstay.simulator.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Which rival is which library, and where its code comes from. */
final class Peers {

    /** Makes the library of one client, which all its calls share. */
    interface Client extends BiFunction<World, Draws, PeerRules.Library> {}

    /**
     * A library.
     *
     * @param source whose code runs
     * @param client makes one
     */
    record Peer(String source, Client client) {

        /** A client of this library. */
        Policy policy(Rival rival, World world, Draws draws, @Nullable Duration attemptTimeout) {
            PeerRules.Library library = client.apply(world, draws);
            return rival.policy(() -> (RetryRules) new PeerRules(library, draws), attemptTimeout);
        }
    }

    private static final Map<Rival, Peer> REAL = new EnumMap<>(Map.of(
            Rival.OPENAI_JAVA, new Peer("com.openai:openai-java-core 4.100.0, RetryingHttpClient", OpenAiJava::of),
            Rival.RESILIENCE4J, new Peer("io.github.resilience4j:resilience4j-retry 2.4.0", Resilience4j::retry),
            Rival.RESILIENCE4J_BREAKER,
                    new Peer("io.github.resilience4j:resilience4j-circuitbreaker 2.4.0", Resilience4j::breaker),
            Rival.FAILSAFE, new Peer("dev.failsafe:failsafe 3.3.2", FailsafeRetry::of),
            Rival.AWS_STANDARD, new Peer("software.amazon.awssdk:retries 2.57.8, standard mode", AwsRetries::standard),
            Rival.AWS_2026,
                    new Peer("software.amazon.awssdk:retries 2.57.8, standard mode 2.1", AwsRetries::standard2026),
            Rival.AWS_ADAPTIVE,
                    new Peer("software.amazon.awssdk:retries 2.57.8, adaptive mode", AwsRetries::adaptive)));

    private Peers() {}

    /** Those that are real here. */
    static Map<Rival, Peer> real() {
        return REAL;
    }

    /** All contenders of the league; whoever can be is the real library. */
    static List<League.Contender> contenders() {
        List<League.Contender> all = new ArrayList<>();
        for (League.Contender shipped : League.contenders()) {
            all.add(Rival.named(shipped.name())
                    .map(rival -> real(rival, shipped))
                    .orElse(shipped));
        }
        return all;
    }

    private static String whyNot(Rival rival) {
        return switch (rival) {
            case OPENAI_PYTHON -> "emulated: it is Python, which does not run on this clock";
            case SPEC_LOOP, SPEC_LOOP_NESTED -> "emulated: it is an example on a page, in Python";
            default -> "ours: there is nothing to run";
        };
    }

    private static League.Contender real(Rival rival, League.Contender shipped) {
        Peer peer = REAL.get(rival);
        if (peer == null) {
            return new League.Contender(shipped.name(), shipped.title(), whyNot(rival), shipped.clients());
        }
        return new League.Contender(
                shipped.name(), shipped.title(), peer.source(), League.Clients.apart((scenario, world) -> {
                    Draws draws = new Draws(world.chance().seed(), world.time());
                    return peer.policy(
                            rival, world, draws, scenario.attemptTimeout().orElse(null));
                }));
    }
}
