package dev.backstay.cli;

import dev.backstay.fireworks.Checkpoint;
import dev.backstay.fireworks.DcpSaves;
import dev.backstay.fireworks.FireworksClient;
import dev.backstay.fireworks.TrainerEndpoint;
import dev.backstay.fireworks.TrainerJob;
import dev.backstay.fireworks.TrainerJobManager;
import dev.backstay.fireworks.WaitLimits;
import dev.backstay.ledger.Watch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Trainers: waiting, reconnecting, checkpoints. */
@Command(
        name = "trainer",
        description = "Trainers in service mode: create, wait, reconnect after a preemption, checkpoints.",
        mixinStandardHelpOptions = true,
        subcommands = TrainerCreateCommand.class,
        synopsisSubcommandLabel = "COMMAND")
final class TrainerCommand implements Runnable {

    private static final int WATCHED_AT_ONCE = 64;

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

    /** How long a wait may last. */
    static final class Patience {
        @Option(
                names = "--ready-timeout",
                paramLabel = "TIME",
                description = "For becoming ready, once it is beyond PENDING.")
        private String ready = "";

        @Option(
                names = "--pending-timeout",
                paramLabel = "TIME",
                description = "For capacity. Default: ${DEFAULT-VALUE}")
        private String pending = "48h";

        @Option(names = "--poll", paramLabel = "TIME", description = "Between two looks. Default: ${DEFAULT-VALUE}")
        private String poll = "5s";

        WaitLimits limits(WaitLimits from) {
            WaitLimits limits = from.withPending(FireworksDoor.time("--pending-timeout", pending))
                    .withPoll(FireworksDoor.time("--poll", poll));
            return ready.isEmpty() ? limits : limits.withReady(FireworksDoor.time("--ready-timeout", ready));
        }
    }

    @FunctionalInterface
    interface Wait {
        TrainerEndpoint run(TrainerJobManager trainers, TrainerJobManager.Listener listener);
    }

    int waited(String id, Wait wait) throws IOException {
        try (FireworksClient client = door.open();
                Waiting shown = Waiting.of(door, id, false)) {
            TrainerEndpoint endpoint = wait.run(client.trainers(), (watch, because) -> shown.heard(because));
            door.checkClock(client);
            shown.end();
            return door.print(endpoint, endpoint.jobId() + " serves at " + endpoint.baseUrl());
        }
    }

    @Command(name = "list", description = "All that are not deleted.", mixinStandardHelpOptions = true)
    int list() throws IOException {
        try (FireworksClient client = door.open()) {
            List<TrainerJob> jobs = client.trainers().list();
            StringBuilder text = new StringBuilder();
            jobs.forEach(job -> text.append(line(job)));
            return door.print(jobs, jobs.isEmpty() ? "no trainers" : text.toString());
        }
    }

    @Command(name = "get", description = "One, as it is now.", mixinStandardHelpOptions = true)
    int get(@Parameters(paramLabel = "ID") String id) throws IOException {
        try (FireworksClient client = door.open()) {
            TrainerJob job = client.trainers().get(id);
            return door.print(job, line(job));
        }
    }

    private static String line(TrainerJob job) {
        return String.format("%-40s %-12s %s%n", job.id(), job.state(), job.message());
    }

    @Command(
            name = "wait",
            description = "Waits until one serves; one that stops is an error.",
            mixinStandardHelpOptions = true)
    int await(@Parameters(paramLabel = "ID") String id, @Mixin Patience patience) throws IOException {
        return waited(
                id,
                (trainers, listener) -> trainers.waitForExisting(id, patience.limits(WaitLimits.DEFAULT), listener));
    }

    @Command(
            name = "reconnect",
            description = "Brings one back, whatever happened to it: waits, or resumes it.",
            mixinStandardHelpOptions = true)
    int reconnect(
            @Parameters(paramLabel = "ID") String id,
            @Mixin Patience patience,
            @Option(names = "--resume-completed", description = "Also resume it if it has finished.")
                    boolean resumeCompleted,
            @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun)
            throws IOException {
        if (dryRun) {
            return wouldReconnect(id);
        }
        return waited(
                id,
                (trainers, listener) -> trainers.reconnectAndWait(
                        id, patience.limits(WaitLimits.RECONNECT), resumeCompleted, listener));
    }

    @Command(
            name = "resume",
            description = "Resumes one that stands still, and waits until it serves.",
            mixinStandardHelpOptions = true)
    int resume(
            @Parameters(paramLabel = "ID") String id,
            @Mixin Patience patience,
            @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun)
            throws IOException {
        if (dryRun) {
            return wouldDo(id, "resume");
        }
        return waited(
                id, (trainers, listener) -> trainers.resumeAndWait(id, patience.limits(WaitLimits.DEFAULT), listener));
    }

    @Command(name = "cancel", description = "Cancels one; it can be resumed.", mixinStandardHelpOptions = true)
    int cancel(
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun)
            throws IOException {
        if (dryRun) {
            return wouldDo(id, "cancel");
        }
        try (FireworksClient client = door.open()) {
            client.trainers().cancel(id);
            return door.print(Map.of("cancelled", id), id + " is being cancelled");
        }
    }

    @Command(
            name = "delete",
            description = "Deletes one for good: its id cannot be used again, its checkpoints stay for 30 days.",
            mixinStandardHelpOptions = true)
    int delete(
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun)
            throws IOException {
        if (dryRun) {
            return wouldDo(id, "delete");
        }
        try (FireworksClient client = door.open()) {
            boolean was = client.trainers().delete(id);
            return door.print(Map.of("deleted", was), was ? id + " is deleted" : id + " was not there");
        }
    }

    private int wouldReconnect(String id) throws IOException {
        try (FireworksClient client = door.open()) {
            TrainerJob job = client.trainers().get(id);
            String would = switch (job.state()) {
                case FAILED, CANCELLED, PAUSED, EXPIRED -> "resume it and wait until it serves";
                case COMPLETED, EARLY_STOPPED -> "do nothing: it has finished (--resume-completed trains on)";
                case DELETED, ARCHIVED -> "fail: it is deleted, and its id cannot be used again";
                case RUNNING -> "ask whether it serves, and wait until it does";
                default -> "wait until it serves, or resume it if it stops";
            };
            return door.print(
                    Map.of("would", would, "job", job),
                    id + " is " + job.state() + ": would " + would + "; nothing was changed");
        }
    }

    private int wouldDo(String id, String what) throws IOException {
        try (FireworksClient client = door.open()) {
            TrainerJob job = client.trainers().get(id);
            return door.print(
                    Map.of("would", what, "job", job),
                    "would " + what + " " + id + ", which is " + job.state() + "; nothing was changed");
        }
    }

    @Command(name = "checkpoints", description = "Its checkpoints, oldest first.", mixinStandardHelpOptions = true)
    int checkpoints(@Parameters(paramLabel = "ID") String id) throws IOException {
        try (FireworksClient client = door.open()) {
            List<Checkpoint> rows = client.trainers().listCheckpoints(id);
            StringBuilder text = new StringBuilder();
            rows.forEach(row -> text.append(String.format(
                    "%-32s %-28s %-16s %s%n",
                    row.id(),
                    row.created(),
                    row.type(),
                    row.resumable() ? "resumable" : row.promotable() ? "promotable" : "")));
            return door.print(rows, rows.isEmpty() ? "no checkpoints" : text.toString());
        }
    }

    @Command(name = "promote", description = "Makes a model of a checkpoint.", mixinStandardHelpOptions = true)
    int promote(
            @Parameters(paramLabel = "ID") String id,
            @Parameters(paramLabel = "CHECKPOINT") String checkpoint,
            @Option(names = "--as", paramLabel = "MODEL", required = true, description = "The id of the new model.")
                    String model,
            @Option(names = "--base-model", paramLabel = "MODEL", required = true, description = "What was trained.")
                    String base,
            @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun)
            throws IOException {
        if (dryRun) {
            return wouldDo(id, "promote " + checkpoint + " of");
        }
        try (FireworksClient client = door.open();
                Waiting shown = Waiting.of(door, checkpoint, false)) {
            String name = client.trainers()
                    .promoteCheckpoint(id, checkpoint, model, base, (watch, because) -> shown.heard(because));
            shown.end();
            return door.print(Map.of("model", name), checkpoint + " is now " + name);
        }
    }

    @Command(
            name = "watch",
            description = "Takes up every wait that was begun and not ended, by whichever process.",
            mixinStandardHelpOptions = true)
    int watch(@Mixin Patience patience) throws IOException {
        try (FireworksClient client = door.open();
                Waiting shown = Waiting.of(door, "watching", false)) {
            List<Watch> unfinished = door.ledger().watches().unfinished();
            Map<String, String> endings = watched(client, unfinished, patience, shown);
            shown.end();
            StringBuilder text = new StringBuilder(unfinished.isEmpty() ? "nobody waits for anything" : "");
            endings.forEach(
                    (job, how) -> text.append(job).append(": ").append(how).append('\n'));
            boolean allReady = endings.values().stream().allMatch(how -> how.startsWith("ready"));
            return door.print(endings, text.toString(), allReady ? 0 : 1);
        }
    }

    /** All at the same time: one that waits for capacity must not keep another from being resumed. */
    private static Map<String, String> watched(
            FireworksClient client, List<Watch> unfinished, Patience patience, Waiting shown) {
        ExecutorService each = Executors.newFixedThreadPool(Math.max(1, Math.min(WATCHED_AT_ONCE, unfinished.size())));
        Map<String, String> endings = new LinkedHashMap<>();
        try {
            List<Future<String>> all = unfinished.stream()
                    .map(watch -> each.submit(() -> ended(client, watch, patience, shown)))
                    .toList();
            for (int i = 0; i < all.size(); i++) {
                endings.put(unfinished.get(i).job(), all.get(i).get());
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalArgumentException(
                    "stopped; the waits go on in the ledger: take them up again with backstay trainer watch");
        } catch (ExecutionException fault) {
            throw new IllegalStateException(fault.getCause());
        } finally {
            each.shutdownNow();
        }
        return endings;
    }

    private static String ended(FireworksClient client, Watch watch, Patience patience, Waiting shown) {
        try {
            WaitLimits limits = patience.limits(WaitLimits.RECONNECT);
            return "ready at "
                    + client.trainers()
                            .takeUp(watch, limits, (seen, because) -> shown.heard(watch.job() + ": " + because))
                            .baseUrl();
        } catch (RuntimeException no) {
            return Errors.describe(no);
        }
    }

    @Command(
            name = "saves",
            description = "dcp_save_interval: the work at risk now, and the interval that loses least.",
            mixinStandardHelpOptions = true)
    int saves(
            @Parameters(paramLabel = "ID", arity = "0..1", description = "A trainer that is known to the ledger.")
                    String id,
            @Option(names = "--save-cost", paramLabel = "TIME", description = "How long a save takes.") String saveCost,
            @Option(names = "--step-time", paramLabel = "TIME", description = "How long a step takes.") String stepTime,
            @Option(names = "--watched", paramLabel = "TIME", description = "How long it was watched.") String watched,
            @Option(names = "--interruptions", paramLabel = "N", description = "How often it was interrupted then.")
                    int interruptions)
            throws IOException {
        Map<String, Object> report = new LinkedHashMap<>();
        List<String> text = new ArrayList<>();
        if (id != null) {
            atRisk(id, report, text);
        }
        if (saveCost != null && stepTime != null && watched != null) {
            DcpSaves advised = DcpSaves.advised(
                    FireworksDoor.time("--save-cost", saveCost),
                    FireworksDoor.time("--step-time", stepTime),
                    FireworksDoor.time("--watched", watched),
                    interruptions);
            report.put("advised_interval", advised.interval());
            text.add("dcp_save_interval = " + advised.interval() + " loses least (Young's formula)");
        } else if (id == null || saveCost != null || stepTime != null || watched != null) {
            throw new IllegalArgumentException(
                    "give a trainer, or --save-cost, --step-time and --watched (and --interruptions) for advice");
        }
        return door.print(report, String.join("\n", text));
    }

    private void atRisk(String id, Map<String, Object> report, List<String> text) throws IOException {
        try (FireworksClient client = door.open()) {
            Watch known = client.trainers()
                    .known(id)
                    .orElseThrow(() -> new IllegalArgumentException(
                            "the ledger knows no trainer '" + id + "': nobody waited for it or told its progress"));
            long atRisk = DcpSaves.atRisk(known.step(), known.savedStep());
            if (known.step() < 0) {
                text.add("no step yet");
                report.put("steps_at_risk", 0);
                return;
            }
            report.put("step", known.step());
            report.put("saved_step", known.savedStep());
            report.put("steps_at_risk", atRisk);
            String saved = known.savedStep() < 0 ? "nothing was saved" : "step " + known.savedStep() + " was saved";
            text.add(String.format(
                    Locale.ROOT,
                    "step %d%s; %s; %d steps at risk",
                    known.step(),
                    known.stepMs() == 0
                            ? ""
                            : ", "
                                    + Duration.ofMillis(System.currentTimeMillis() - known.stepMs())
                                            .toMinutes() + " min ago",
                    saved,
                    atRisk));
        }
    }
}
