package dev.backstay.testkit;

import dev.backstay.simulator.Profile;
import dev.backstay.simulator.Script;
import dev.backstay.simulator.SimulatorServer;
import dev.backstay.simulator.Story;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * A simulated Fireworks on a free port of the loopback interface. Tests get one from {@link SimulatedFireworks}; anything else
 * starts one, and closes it.
 *
 * <p>Thread-safe.
 */
public final class Simulation implements AutoCloseable {

    private static final double FAST_FIRST_TOKEN_MS = 5;
    private static final double FAST_GAP_MS = 1;

    private final SimulatorServer server;

    private Simulation(SimulatorServer server) {
        this.server = server;
    }

    /** One that behaves like this, from now on. */
    public static Simulation start(Script script, boolean tls, long seed) {
        try {
            return new Simulation(SimulatorServer.start(script, new InetSocketAddress("127.0.0.1", 0), tls, seed));
        } catch (Exception notStarted) {
            throw new IllegalStateException("the simulated Fireworks could not be started", notStarted);
        }
    }

    /** One that behaves like the profile of this name. */
    public static Simulation start(String profile) {
        return start(script(profile, List.of(), "0s"), false, 1);
    }

    /** One that behaves like the profile of this name from this moment of its story on: {@code 3m}. */
    public static Simulation start(String profile, String from) {
        return start(script(profile, List.of(), from), false, 1);
    }

    /** One on which this happens, line by line, and nothing else. */
    public static Simulation telling(String... story) {
        return start(script("healthy", List.of(story), "0s"), false, 1);
    }

    static Simulation of(SimulatedFireworks wanted) {
        Script script = script(wanted.profile(), List.of(wanted.story()), wanted.from());
        Script paced = wanted.fast() ? script.withSpeed(FAST_FIRST_TOKEN_MS, 0, FAST_GAP_MS) : script;
        return start(paced, wanted.tls(), wanted.seed());
    }

    private static Script script(String profile, List<String> story, String from) {
        Script script = Profile.named(profile)
                .orElseThrow(() -> new IllegalArgumentException(
                        "profile is '" + profile + "': it must be one of " + Profile.labels()))
                .script();
        Story told = story.isEmpty() ? script.story() : Story.parse(story);
        return script.with(told.from(from));
    }

    /** The base URL for clients of inference, with its version. */
    public String baseUrl() {
        return server.url() + "/inference/v1";
    }

    /** Its root; the control plane is under it. */
    public String url() {
        return server.url();
    }

    /** Requests that came so far. A connection that broke before its request was none. */
    public long requests() {
        return server.requests();
    }

    /** Requests being worked on now. */
    public int active() {
        return server.active();
    }

    /** Tokens billed so far, for complete answers and for those that nobody got. */
    public long billedTokens() {
        return server.billedTokens();
    }

    /** The certificate to trust, if it speaks TLS. */
    public Optional<X509Certificate> certificate() {
        return server.certificate();
    }

    @Override
    public void close() {
        server.close();
    }
}
