package dev.backstay.cli;

import dev.backstay.fireworks.FireworksClient;
import dev.backstay.fireworks.TuningJob;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Managed fine-tuning jobs. */
@Command(
        name = "job",
        description = "Managed fine-tuning: sft, dpo and rft jobs.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class JobCommand implements Runnable {

    @Mixin
    private FireworksDoor door = new FireworksDoor();

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Missing required subcommand");
    }

    private static String line(TuningJob job) {
        String said = job.message().isEmpty() ? "" : ": " + job.message();
        return String.format("%-70s %-10s %d %%%s%n", job.name(), job.state(), job.percent(), said);
    }

    @Command(name = "list", description = "All of a kind.", mixinStandardHelpOptions = true)
    int list(@Parameters(paramLabel = "KIND", description = "${COMPLETION-CANDIDATES}") TuningJob.Kind kind)
            throws IOException {
        try (FireworksClient client = door.open()) {
            List<TuningJob> all = client.tuning().list(kind);
            StringBuilder text = new StringBuilder();
            all.forEach(each -> text.append(line(each)));
            return door.print(all, all.isEmpty() ? "no " + kind.label() + " jobs" : text.toString());
        }
    }

    @Command(name = "get", description = "One, as it is now.", mixinStandardHelpOptions = true)
    int get(
            @Parameters(paramLabel = "KIND", description = "${COMPLETION-CANDIDATES}") TuningJob.Kind kind,
            @Parameters(paramLabel = "ID") String id)
            throws IOException {
        try (FireworksClient client = door.open()) {
            TuningJob job = client.tuning().get(kind, id);
            return door.print(job, line(job));
        }
    }

    @Command(name = "wait", description = "Waits until it has ended.", mixinStandardHelpOptions = true)
    int await(
            @Parameters(paramLabel = "KIND", description = "${COMPLETION-CANDIDATES}") TuningJob.Kind kind,
            @Parameters(paramLabel = "ID") String id,
            @Option(
                            names = "--timeout",
                            paramLabel = "TIME",
                            defaultValue = "96h",
                            description = "Default: ${DEFAULT-VALUE}")
                    String timeout,
            @Option(
                            names = "--poll",
                            paramLabel = "TIME",
                            defaultValue = "15s",
                            description = "Default: ${DEFAULT-VALUE}")
                    String poll)
            throws IOException {
        Duration atMost = FireworksDoor.time("--timeout", timeout);
        Duration pause = FireworksDoor.time("--poll", poll);
        try (FireworksClient client = door.open();
                Waiting shown = Waiting.of(door, id, true)) {
            TuningJob job = client.tuning()
                    .await(
                            kind,
                            id,
                            pause,
                            atMost,
                            each -> shown.percent(each.percent(), line(each).strip()));
            shown.end();
            return door.print(job, line(job));
        }
    }

    @Command(name = "cancel", description = "Cancels one; it can be resumed.", mixinStandardHelpOptions = true)
    int cancel(
            @Parameters(paramLabel = "KIND", description = "${COMPLETION-CANDIDATES}") TuningJob.Kind kind,
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun)
            throws IOException {
        return changed("cancel", kind, id, dryRun);
    }

    @Command(
            name = "resume",
            description = "Resumes one that failed, was cancelled or is paused.",
            mixinStandardHelpOptions = true)
    int resume(
            @Parameters(paramLabel = "KIND", description = "${COMPLETION-CANDIDATES}") TuningJob.Kind kind,
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun)
            throws IOException {
        return changed("resume", kind, id, dryRun);
    }

    private int changed(String what, TuningJob.Kind kind, String id, boolean dryRun) throws IOException {
        try (FireworksClient client = door.open()) {
            if (dryRun) {
                TuningJob job = client.tuning().get(kind, id);
                return door.print(
                        Map.of("would", what, "job", job), "would " + what + " it; nothing was changed\n" + line(job));
            }
            TuningJob job = what.equals("cancel")
                    ? client.tuning().cancel(kind, id)
                    : client.tuning().resume(kind, id);
            return door.print(job, line(job));
        }
    }
}
