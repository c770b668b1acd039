package dev.backstay.cli;

import dev.backstay.client.Provider;
import dev.backstay.client.Settings;
import dev.backstay.diagnosis.ProviderMeter;
import dev.backstay.fireworks.Access;
import dev.backstay.gateway.Gateway;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.gateway.config.LedgerConfig;
import dev.backstay.gateway.config.UpstreamConfig;
import dev.backstay.simulator.Profile;
import dev.backstay.simulator.SimulatorServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the gateway until it is told to stop. */
@Command(
        name = "serve",
        description = "Runs the gateway in front of Fireworks, any OpenAI-compatible API, or a simulated one.",
        mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {

    private static final String KEY = "FIREWORKS_API_KEY";
    private static final String MODEL = "accounts/fireworks/models/demo";
    private static final String REAL_MODEL = "accounts/fireworks/models/gpt-oss-120b";

    @Option(names = "--listen", paramLabel = "ADDRESS", description = "Where callers connect. Default: 127.0.0.1:8080")
    private @Nullable String listen;

    @Option(names = "--upstream", paramLabel = "URL", description = "Base URL of the API. Default: Fireworks.")
    private @Nullable URI upstream;

    @Option(names = "--config", paramLabel = "FILE", description = "Settings, as YAML.")
    private @Nullable Path config;

    @Option(
            names = "--simulate",
            arity = "0..1",
            fallbackValue = "healthy",
            paramLabel = "PROFILE",
            description = "Serve a simulated Fireworks: healthy, flaky, outage, brownout or ratelimit.")
    private @Nullable String simulate;

    @Option(names = "--rehearse-start", hidden = true, description = "Serves one call, and stops.")
    private boolean rehearseStart;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Optional<SimulatorServer> simulator =
                simulate == null ? Optional.empty() : Optional.of(simulator(ScriptChoice.profile(simulate)));
        try {
            AtomicReference<Gateway> running = new AtomicReference<>();
            if (config != null) { // before it listens: nobody may be killed by a word that means to read again
                HangUp.each(() ->
                        Optional.ofNullable(running.get()).ifPresent(each -> each.reload(() -> again(simulator))));
            }
            GatewayConfig config = config(simulator);
            try (Gateway gateway = Gateway.start(config)) {
                running.set(gateway);
                meter(config);
                greet(config, gateway);
                keepUp(gateway, config, simulator);
                if (rehearseStart) {
                    askOnce(gateway.url());
                    return 0;
                }
                CountDownLatch stopped = new CountDownLatch(1);
                Runtime.getRuntime()
                        .addShutdownHook(new Thread(() -> stop(gateway, config.drain(), stopped), "backstay-stop"));
                stopped.await();
            }
        } finally {
            simulator.ifPresent(SimulatorServer::close);
        }
        return 0;
    }

    /** Keeps what Fireworks counts beside what we count, for {@code reconcile}; on threads that end with the process. */
    private static void meter(GatewayConfig config) {
        for (UpstreamConfig each : config.providers().values()) {
            Settings settings = each.settings();
            if (config.ledger().isPresent() && settings.provider() == Provider.FIREWORKS) {
                URI base = settings.url().resolve("/");
                settings.apiKey()
                        .ifPresent(key -> ProviderMeter.start(
                                new Access(base, key, Optional.empty()),
                                config.ledger().get().where()));
            }
        }
    }

    /** So that the classes that a call needs are loaded when the archive of classes is made. */
    private static void askOnce(String url) throws Exception {
        for (boolean streamed : new boolean[] {false, true}) {
            HttpRequest call = HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
                    .timeout(Duration.ofSeconds(10))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"" + MODEL + "\",\"stream\":" + streamed
                            + ",\"max_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"))
                    .build();
            HttpClient.newHttpClient().send(call, HttpResponse.BodyHandlers.ofString());
        }
        HttpRequest metrics =
                HttpRequest.newBuilder(URI.create(url + "/metrics")).build();
        HttpClient.newHttpClient().send(metrics, HttpResponse.BodyHandlers.ofString());
    }

    /** Settings of a file are read again when it changes, also if it did while we started. */
    private void keepUp(Gateway gateway, GatewayConfig started, Optional<SimulatorServer> simulator) {
        if (config != null) {
            gateway.watch(config, () -> again(simulator));
            if (!isStill(started, simulator)) {
                gateway.reload(() -> again(simulator));
            }
        }
    }

    private boolean isStill(GatewayConfig started, Optional<SimulatorServer> simulator) {
        try {
            return config(simulator).equals(started);
        } catch (Exception wrong) {
            return false; // reading it again says what is wrong
        }
    }

    /** What is wrong with a changed file is said as it is said of one at the start. */
    private GatewayConfig again(Optional<SimulatorServer> simulator) throws Exception {
        try {
            return config(simulator);
        } catch (IOException | IllegalArgumentException wrong) {
            throw new IllegalArgumentException(Errors.describe(wrong), wrong);
        }
    }

    private static SimulatorServer simulator(Profile profile) throws Exception {
        return SimulatorServer.start(profile.script(), new InetSocketAddress("127.0.0.1", 0), false, 1);
    }

    private GatewayConfig config(Optional<SimulatorServer> simulator) throws Exception {
        GatewayConfig base = Environment.settings(config, upstream);
        GatewayConfig there = simulator
                .map(each -> base.inFrontOf(URI.create(each.url() + "/inference/v1")))
                .orElse(base);
        GatewayConfig all = listen == null ? there : there.listeningOn(GatewayConfig.address(listen));
        return rehearseStart
                ? all.keeping(LedgerConfig.in(Files.createTempDirectory("backstay")
                        .resolve("ledger.db")
                        .toString()))
                : all;
    }

    private void greet(GatewayConfig config, Gateway gateway) {
        PrintWriter out = spec.commandLine().getOut();
        String url = gateway.url();
        out.println("Backstay listens on " + url + " (also /health/ready and /metrics)");
        gateway.adminUrl().ifPresent(where -> out.println("See it at " + where));
        Optional<Settings> only = config.upstream().map(UpstreamConfig::settings);
        boolean callersKey =
                simulate == null && only.isPresent() && only.get().apiKey().isEmpty();
        if (simulate != null) {
            out.println("Upstream is a simulated Fireworks, profile " + simulate + ": "
                    + ScriptChoice.profile(simulate).summary());
        } else if (only.isPresent()) {
            out.println("Upstream is " + only.get().url()
                    + (callersKey
                            ? ", with the key that each caller sends (" + KEY + " is not set)"
                            : ", with the key from the environment"));
        }
        out.println("Try:");
        out.println("  curl " + url + "/v1/chat/completions -H 'Content-Type: application/json'"
                + (callersKey ? " -H \"Authorization: Bearer $" + KEY + "\"" : "")
                + " -d '{\"model\": \"" + (simulate != null ? MODEL : REAL_MODEL)
                + "\", \"messages\": [{\"role\": \"user\", \"content\": \"What is a backstay?\"}]}'");
        out.flush();
    }

    private static void stop(Gateway gateway, Duration limit, CountDownLatch stopped) {
        try {
            int running = gateway.running();
            if (running > 0) {
                System.err.println("backstay: stopping; " + running + " calls are still running and may end first");
            }
            if (!gateway.drain(limit)) {
                System.err.println("backstay: stopped before all calls had ended");
            }
        } catch (InterruptedException e) {
            System.err.println("backstay: stopped at once");
        } finally {
            stopped.countDown();
        }
    }
}
