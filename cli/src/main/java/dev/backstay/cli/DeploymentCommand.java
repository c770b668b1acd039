package dev.backstay.cli;

import dev.backstay.fireworks.AutoscalingChange;
import dev.backstay.fireworks.Deployment;
import dev.backstay.fireworks.DeploymentSpec;
import dev.backstay.fireworks.FireworksClient;
import dev.backstay.fireworks.WakeUp;
import dev.backstay.ledger.Change;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Dedicated deployments. */
@Command(
        name = "deployment",
        description = "Dedicated deployments: scale, wake from zero, scale from 429s.",
        mixinStandardHelpOptions = true,
        subcommands = DeploymentAutoscaleCommand.class,
        synopsisSubcommandLabel = "COMMAND")
final class DeploymentCommand implements Runnable {

    private static final int CHANGES = 20;

    @Mixin
    private FireworksDoor door = new FireworksDoor();

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    FireworksDoor door() {
        return door;
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Missing required subcommand");
    }

    private static String line(Deployment each) {
        String said = each.message().isEmpty() ? "" : " " + each.message();
        return String.format(
                "%-32s %-9s %d of %d replicas ready, %d to %d  %s%s%n",
                each.id(), each.state(), each.ready(), each.desired(), each.min(), each.max(), each.baseModel(), said);
    }

    @Command(name = "list", description = "All that are not deleted.", mixinStandardHelpOptions = true)
    int list() throws IOException {
        try (FireworksClient client = door.open()) {
            List<Deployment> all = client.deployments().list();
            StringBuilder text = new StringBuilder();
            all.forEach(each -> text.append(line(each)));
            return door.print(all, all.isEmpty() ? "no deployments" : text.toString());
        }
    }

    @Command(name = "get", description = "One, as it is now.", mixinStandardHelpOptions = true)
    int get(@Parameters(paramLabel = "ID") String id) throws IOException {
        try (FireworksClient client = door.open()) {
            Deployment one = client.deployments().get(id);
            return door.print(one, line(one));
        }
    }

    @Command(
            name = "create",
            description = "Creates one, or finds the same one that is there.",
            mixinStandardHelpOptions = true)
    int create(
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--base-model", paramLabel = "MODEL", required = true, description = "What it serves.")
                    String model,
            @Option(names = "--shape", paramLabel = "NAME", defaultValue = "", description = "A deployment shape.")
                    String shape,
            @Option(
                            names = "--accelerator",
                            paramLabel = "TYPE",
                            defaultValue = "",
                            description = "Or a type of accelerator.")
                    String accelerator,
            @Option(
                            names = "--min",
                            paramLabel = "N",
                            defaultValue = "0",
                            description = "Replicas at least. Default: ${DEFAULT-VALUE}")
                    int min,
            @Option(
                            names = "--max",
                            paramLabel = "N",
                            defaultValue = "1",
                            description = "Replicas at most. Default: ${DEFAULT-VALUE}")
                    int max,
            @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun)
            throws IOException {
        DeploymentSpec wanted = new DeploymentSpec(id, model, shape, accelerator, min, max);
        if (dryRun) {
            return door.print(
                    Map.of("would", "create", "deployment", wanted),
                    "would create deployment " + id + " of " + model + ", " + min + " to " + max
                            + " replicas; nothing was changed");
        }
        try (FireworksClient client = door.open()) {
            Deployment made = client.deployments().create(wanted);
            return door.print(made, line(made));
        }
    }

    @Command(
            name = "scale",
            description = "Sets how many replicas it has now, within its bounds.",
            mixinStandardHelpOptions = true)
    int scale(
            @Parameters(paramLabel = "ID") String id,
            @Parameters(paramLabel = "REPLICAS") int replicas,
            @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun)
            throws IOException {
        if (dryRun) {
            return wouldDo(id, "scale to " + replicas);
        }
        try (FireworksClient client = door.open()) {
            Deployment after = client.deployments().scale(id, replicas);
            return door.print(after, "asked for " + replicas + " replicas; as it was then:\n" + line(after));
        }
    }

    @Command(
            name = "update",
            description = "Changes how it scales: only what is given.",
            mixinStandardHelpOptions = true)
    int update(
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--min", paramLabel = "N", description = "Replicas at least.") @Nullable Integer min,
            @Option(names = "--max", paramLabel = "N", description = "Replicas at most.") @Nullable Integer max,
            @Option(names = "--scale-up-window", paramLabel = "TIME", description = "Before it adds replicas.")
                    @Nullable
                    String up,
            @Option(names = "--scale-down-window", paramLabel = "TIME", description = "Before it removes some.")
                    @Nullable
                    String down,
            @Option(names = "--scale-to-zero-window", paramLabel = "TIME", description = "Idle time before zero.")
                    @Nullable
                    String zero,
            @Option(names = "--load-target", paramLabel = "KIND=X", description = "How full a replica shall be.")
                    @Nullable
                    Map<String, Double> targets,
            @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun)
            throws IOException {
        AutoscalingChange change = new AutoscalingChange(
                optional(min),
                optional(max),
                time("--scale-up-window", up),
                time("--scale-down-window", down),
                time("--scale-to-zero-window", zero),
                targets == null ? Map.of() : targets);
        if (dryRun) {
            return wouldDo(id, "set " + change.body() + " of");
        }
        try (FireworksClient client = door.open()) {
            Deployment after = client.deployments().autoscaling(id, change);
            return door.print(after, line(after));
        }
    }

    private static Optional<Duration> time(String option, @Nullable String text) {
        return text == null ? Optional.empty() : Optional.of(FireworksDoor.time(option, text));
    }

    private static OptionalInt optional(@Nullable Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }

    @Command(name = "delete", description = "Deletes one.", mixinStandardHelpOptions = true)
    int delete(
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--ignore-checks", description = "Even if it served in the last hour.")
                    boolean ignoreChecks,
            @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun)
            throws IOException {
        if (dryRun) {
            return wouldDo(id, "delete");
        }
        try (FireworksClient client = door.open()) {
            boolean was = client.deployments().delete(id, ignoreChecks);
            return door.print(Map.of("deleted", was), was ? id + " is deleted" : id + " was not there");
        }
    }

    private int wouldDo(String id, String what) throws IOException {
        try (FireworksClient client = door.open()) {
            Deployment now = client.deployments().get(id);
            return door.print(
                    Map.of("would", what, "deployment", now),
                    "would " + what + " " + id + "; nothing was changed\n" + line(now));
        }
    }

    @Command(
            name = "wake",
            description = "Wakes one from zero, and returns when it has answered a request: READY is no proof.",
            mixinStandardHelpOptions = true)
    int wake(
            @Parameters(paramLabel = "ID") String id,
            @Option(
                            names = "--first-pause",
                            paramLabel = "TIME",
                            defaultValue = "5s",
                            description = "Default: ${DEFAULT-VALUE}, 1.5 times as long each time")
                    String first,
            @Option(
                            names = "--longest-pause",
                            paramLabel = "TIME",
                            defaultValue = "60s",
                            description = "Default: ${DEFAULT-VALUE}")
                    String longest,
            @Option(names = "--tries", paramLabel = "N", defaultValue = "30", description = "Default: ${DEFAULT-VALUE}")
                    int tries,
            @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun)
            throws IOException {
        if (dryRun) {
            return wouldDo(id, "wake");
        }
        WakeUp schedule = new WakeUp(
                FireworksDoor.time("--first-pause", first),
                WakeUp.DOCUMENTED.factor(),
                FireworksDoor.time("--longest-pause", longest),
                tries);
        try (FireworksClient client = door.open();
                Waiting shown = Waiting.of(door, id, false)) {
            int probes = client.deployments()
                    .wake(id, schedule, (probe, because) -> shown.heard("probe " + probe + ": " + because));
            shown.end();
            return door.print(
                    Map.of("id", id, "probes", probes),
                    id + " has answered, after " + probes + (probes == 1 ? " probe" : " probes"));
        }
    }

    @Command(
            name = "changes",
            description = "What we changed of it, and why, newest first.",
            mixinStandardHelpOptions = true)
    int changes(@Parameters(paramLabel = "ID") String id) throws IOException {
        try (FireworksClient client = door.open()) {
            List<Change> all = client.deployments().changes(id, CHANGES);
            StringBuilder text = new StringBuilder();
            all.forEach(each -> text.append(Instant.ofEpochMilli(each.atMs()))
                    .append("  ")
                    .append(each.applied() ? "" : "(proposed) ")
                    .append(each.what())
                    .append("  because: ")
                    .append(each.evidence())
                    .append('\n'));
            return door.print(all, all.isEmpty() ? "no changes" : text.toString());
        }
    }
}
