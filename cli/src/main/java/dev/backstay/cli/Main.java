package dev.backstay.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code backstay} command. */
@Command(
        name = "backstay",
        description = "Keeps calls to LLM inference APIs standing.",
        mixinStandardHelpOptions = true,
        version = "backstay 0.1.0-SNAPSHOT",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Try:  backstay serve --simulate", "      backstay replay examples/trace.csv --profile outage"})
public final class Main implements Runnable {

    private static final Map<String, Class<?>> COMMANDS = new LinkedHashMap<>();

    static {
        COMMANDS.put("serve", ServeCommand.class);
        COMMANDS.put("simulate", SimulateCommand.class);
        COMMANDS.put("replay", ReplayCommand.class);
        COMMANDS.put("rehearse", RehearseCommand.class);
        COMMANDS.put("doctor", DoctorCommand.class);
        COMMANDS.put("reconcile", ReconcileCommand.class);
        COMMANDS.put("explain", ExplainCommand.class);
        COMMANDS.put("trainer", TrainerCommand.class);
        COMMANDS.put("deployment", DeploymentCommand.class);
        COMMANDS.put("batch", BatchCommand.class);
        COMMANDS.put("job", JobCommand.class);
        COMMANDS.put("keys", KeysCommand.class);
        COMMANDS.put("config", ConfigCommand.class);
        COMMANDS.put("limits", LimitsCommand.class);
        COMMANDS.put("metrics", MetricsCommand.class);
    }

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(System.out);
    }

    /** A command line ready to run; one that knows only the command that is asked for is built in half the time. */
    static CommandLine commandLine(String... args) {
        CommandLine line = new CommandLine(new Main());
        Class<?> asked = args.length == 0 ? null : COMMANDS.get(args[0]);
        if (asked == null) {
            COMMANDS.forEach(line::addSubcommand);
        } else {
            line.addSubcommand(args[0], asked);
        }
        return line.setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Errors::wrongCommandLine)
                .setExecutionExceptionHandler(Errors::failed);
    }

    public static void main(String[] args) {
        System.exit(commandLine(args).execute(args));
    }
}
