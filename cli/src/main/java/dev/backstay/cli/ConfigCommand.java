package dev.backstay.cli;

import dev.backstay.gateway.Gateway;
import dev.backstay.gateway.config.GatewayConfig;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks at settings without serving. */
@Command(
        name = "config",
        description = "Checks a backstay.yaml, or prints what it comes to.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {ConfigCommand.Check.class, ConfigCommand.Print.class})
final class ConfigCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    @Command(
            name = "check",
            description = "Says whether a gateway would start with these settings, or what is wrong with them.",
            mixinStandardHelpOptions = true)
    static final class Check implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "The settings.")
        private Path file;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            GatewayConfig config = Environment.settings(file, null);
            Gateway.check(config);
            PrintWriter out = spec.commandLine().getOut();
            out.println(file + " is good: " + config.routes().size() + " routes, "
                    + config.providers().size() + " APIs, listens on " + config.listen());
            out.flush();
            return 0;
        }
    }

    @Command(
            name = "print",
            description =
                    "Prints the settings. With --effective, all that is in force, with defaults and environment; no keys.",
            mixinStandardHelpOptions = true)
    static final class Print implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "The settings.")
        private Path file;

        @Option(names = "--effective", description = "With defaults and what the environment says.")
        private boolean effective;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            PrintWriter out = spec.commandLine().getOut();
            out.print(effective ? Environment.settings(file, null).effective() : Files.readString(file));
            out.flush();
            return 0;
        }
    }
}
