package dev.backstay.cli;

import dev.backstay.fireworks.FireworksClient;
import dev.backstay.fireworks.TrainerJob;
import dev.backstay.fireworks.TrainerSpec;
import dev.backstay.fireworks.WaitLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Creates a trainer. */
@Command(
        name = "create",
        description = "Creates a trainer, or finds the same one that is there.",
        mixinStandardHelpOptions = true)
final class TrainerCreateCommand implements Callable<Integer> {

    @ParentCommand
    private TrainerCommand parent;

    @Parameters(paramLabel = "ID", description = "Its id: the same id is the same trainer.")
    private String id;

    @Option(names = "--base-model", paramLabel = "MODEL", required = true, description = "What is trained.")
    private String baseModel;

    @Option(names = "--lora-rank", paramLabel = "N", description = "0 trains all weights. Default: ${DEFAULT-VALUE}")
    private int loraRank;

    @Option(names = "--learning-rate", paramLabel = "X", description = "Default: ${DEFAULT-VALUE}")
    private double learningRate = 1e-5;

    @Option(names = "--max-context-length", paramLabel = "N", description = "A multiple of 16.")
    private @Nullable Integer context;

    @Option(names = "--shape", paramLabel = "NAME", description = "A training shape; it owns the machines.")
    private String shape = "";

    @Option(names = "--accelerator-type", paramLabel = "TYPE", description = "Machines by hand.")
    private String acceleratorType = "";

    @Option(names = "--accelerator-count", paramLabel = "N", description = "Machines by hand.")
    private @Nullable Integer acceleratorCount;

    @Option(names = "--nodes", paramLabel = "N", description = "Machines by hand.")
    private @Nullable Integer nodes;

    @Option(names = "--region", paramLabel = "NAME", description = "Where.")
    private String region = "";

    @Option(names = "--image-tag", paramLabel = "TAG", description = "A trainer image.")
    private String imageTag = "";

    @Option(names = "--extra-arg", paramLabel = "ARG", description = "For the trainer; may be repeated.")
    private List<String> extraArgs = new ArrayList<>();

    @Option(names = "--display-name", paramLabel = "TEXT", description = "For people, shorter than 64 characters.")
    private String displayName = "";

    @Option(names = "--deployment", paramLabel = "ID", description = "A deployment whose weights are swapped.")
    private String deployment = "";

    @Option(names = "--forward-only", description = "No training.")
    private boolean forwardOnly;

    @Option(names = "--preemptible", description = "Cheaper, and may be taken away.")
    private boolean preemptible;

    @Option(
            names = "--inactivity-timeout",
            paramLabel = "TIME",
            description =
                    "It stops after this long without a call, at most 3h. Say it: sources differ about the default.")
    private String inactivity = "";

    @Option(names = "--wait", description = "Wait until it serves.")
    private boolean wait;

    @Option(names = "--dry-run", description = "Only say what would be sent.")
    private boolean dryRun;

    @Mixin
    private TrainerCommand.Patience patience = new TrainerCommand.Patience();

    @Override
    public Integer call() throws Exception {
        TrainerSpec wanted = new TrainerSpec(
                id,
                baseModel,
                loraRank,
                learningRate,
                optional(context),
                shape,
                acceleratorType,
                optional(acceleratorCount),
                optional(nodes),
                region,
                imageTag,
                extraArgs,
                displayName,
                deployment,
                forwardOnly,
                preemptible,
                inactivity.isEmpty() ? null : FireworksDoor.time("--inactivity-timeout", inactivity));
        if (dryRun) {
            return parent.door()
                    .print(
                            Map.of("would", "create", "trainer", wanted),
                            "would create trainer " + id + " of " + baseModel + "; nothing was changed");
        }
        if (wait) {
            return parent.waited(
                    id,
                    (trainers, listener) ->
                            trainers.createAndWait(wanted, patience.limits(WaitLimits.DEFAULT), listener));
        }
        try (FireworksClient client = parent.door().open()) {
            TrainerJob job = client.trainers().create(wanted);
            return parent.door().print(job, job.id() + " is " + job.state());
        }
    }

    private static OptionalInt optional(@Nullable Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }
}
