package dev.backstay.cli;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.platform.PlatformScript;
import dev.backstay.simulator.Script;
import dev.backstay.simulator.SimulatorServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a simulated Fireworks until it is told to stop. */
@Command(name = "simulate", description = "Runs a Fireworks that fails on cue.", mixinStandardHelpOptions = true)
final class SimulateCommand implements Callable<Integer> {

    @Mixin
    private ScriptChoice how = new ScriptChoice("healthy");

    @Option(names = "--platform", paramLabel = "FILE", description = "How the control plane behaves, as YAML.")
    private @Nullable Path platform;

    @Option(
            names = "--speed",
            paramLabel = "N",
            description = "How much faster the control plane's clock runs. Default: ${DEFAULT-VALUE}")
    private double speed = 1;

    @Option(names = "--listen", paramLabel = "ADDRESS", description = "Where. Default: ${DEFAULT-VALUE}")
    private String listen = "127.0.0.1:9090";

    @Option(names = "--tls", description = "Speak TLS, with a certificate of its own making.")
    private boolean tls;

    @Option(names = "--seed", paramLabel = "N", description = "Of everything drawn. Default: ${DEFAULT-VALUE}")
    private long seed = 1;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    private PlatformScript platform() throws IOException {
        if (platform == null) {
            return PlatformScript.DEFAULT;
        }
        PlatformScript read = new YAMLMapper().readValue(platform.toFile(), PlatformScript.class);
        if (read == null) {
            throw new IllegalArgumentException("the file " + platform + " is empty");
        }
        return read;
    }

    @Override
    public Integer call() throws Exception {
        Script script = how.script();
        if (!(speed > 0) || speed > 100_000) {
            throw new IllegalArgumentException("speed is " + speed + ": it must be above 0 and at most 100000");
        }
        try (SimulatorServer server =
                SimulatorServer.start(script, platform(), speed, GatewayConfig.address(listen), tls, seed)) {
            PrintWriter out = spec.commandLine().getOut();
            out.println("A simulated Fireworks listens on " + server.url() + "/inference/v1");
            out.println("Its control plane: " + server.url() + "/v1/accounts/"
                    + platform().account());
            out.println("What it does: " + how.summary());
            out.println("Try:");
            out.println("  curl " + (tls ? "-k " : "") + server.url() + "/inference/v1/chat/completions"
                    + " -d '{\"model\": \"m\", \"messages\": [], \"stream\": true}'");
            out.flush();
            CountDownLatch stopped = new CountDownLatch(1);
            Runtime.getRuntime().addShutdownHook(new Thread(stopped::countDown, "backstay-stop"));
            stopped.await();
        }
        return 0;
    }
}
