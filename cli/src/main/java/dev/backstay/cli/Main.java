package dev.backstay.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code backstay} command. */
@Command(
        name = "backstay",
        description = "Keeps calls to LLM inference APIs standing.",
        mixinStandardHelpOptions = true,
        version = "backstay 0.1.0-SNAPSHOT",
        subcommands = {
            ServeCommand.class,
            SimulateCommand.class,
            ReplayCommand.class,
            RehearseCommand.class,
            TrainerCommand.class,
            DeploymentCommand.class,
            BatchCommand.class,
            JobCommand.class,
            KeysCommand.class,
            ConfigCommand.class,
            LimitsCommand.class,
            MetricsCommand.class
        },
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Try:  backstay serve --simulate", "      backstay replay examples/trace.csv --profile outage"})
public final class Main implements Runnable {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(System.out);
    }

    /** A command line ready to run. */
    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Errors::wrongCommandLine)
                .setExecutionExceptionHandler(Errors::failed);
    }

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }
}
