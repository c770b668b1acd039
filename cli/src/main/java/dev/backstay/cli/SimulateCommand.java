package dev.backstay.cli;

import dev.backstay.gateway.GatewayConfig;
import dev.backstay.simulator.Script;
import dev.backstay.simulator.SimulatorServer;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a simulated Fireworks until it is told to stop. */
@Command(name = "simulate", description = "Runs a Fireworks that fails on cue.", mixinStandardHelpOptions = true)
final class SimulateCommand implements Callable<Integer> {

    @Mixin
    private ScriptChoice how = new ScriptChoice("healthy");

    @Option(names = "--listen", paramLabel = "ADDRESS", description = "Where. Default: ${DEFAULT-VALUE}")
    private String listen = "127.0.0.1:9090";

    @Option(names = "--tls", description = "Speak TLS, with a certificate of its own making.")
    private boolean tls;

    @Option(names = "--seed", paramLabel = "N", description = "Of everything drawn. Default: ${DEFAULT-VALUE}")
    private long seed = 1;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Script script = how.script();
        try (SimulatorServer server = SimulatorServer.start(script, GatewayConfig.address(listen), tls, seed)) {
            PrintWriter out = spec.commandLine().getOut();
            out.println("A simulated Fireworks listens on " + server.url() + "/inference/v1");
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
