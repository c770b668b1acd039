package dev.backstay.cli;

import dev.backstay.client.Clock;
import dev.backstay.fireworks.Autoscaler;
import dev.backstay.fireworks.Deployment;
import dev.backstay.fireworks.ExportedMetrics;
import dev.backstay.fireworks.FireworksClient;
import dev.backstay.fireworks.FireworksException;
import dev.backstay.fireworks.Pressure;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Scales a deployment from the pressure on it. */
@Command(
        name = "autoscale",
        description = "Reads the load and the 429s of a deployment, and sets its bounds before they are too small.",
        mixinStandardHelpOptions = true)
final class DeploymentAutoscaleCommand implements Callable<Integer> {

    /** What the next look cannot change. */
    private static final Set<FireworksException.Reason> ENDINGS = EnumSet.of(
            FireworksException.Reason.NOT_FOUND,
            FireworksException.Reason.GONE,
            FireworksException.Reason.NOT_ALLOWED,
            FireworksException.Reason.ACCOUNT_BLOCKED,
            FireworksException.Reason.CANCELLED);

    /** Exactly one of the two. */
    static final class Mode {
        @Option(names = "--dry-run", description = "Only say what would be changed. The default.")
        private boolean dryRun;

        @Option(names = "--apply", description = "Change it.")
        private boolean apply;
    }

    @ParentCommand
    private DeploymentCommand parent;

    @Parameters(paramLabel = "ID")
    private String id;

    @ArgGroup
    private Mode mode = new Mode();

    @Option(
            names = "--least",
            paramLabel = "N",
            description = "Replicas at least. Default: its minimum now, so that what may go to zero still may.")
    private @Nullable Integer least;

    @Option(names = "--most", paramLabel = "N", required = true, description = "Replicas at most.")
    private int most;

    @Option(
            names = "--per-replica",
            paramLabel = "X",
            description = "Requests that a replica works on at a time. Default: learned from the 429s.")
    private double perReplica;

    @Option(
            names = "--boot",
            paramLabel = "TIME",
            description = "How long a replica takes to serve. Default: ${DEFAULT-VALUE}")
    private String boot = "3m";

    @Option(
            names = "--steady",
            paramLabel = "TIME",
            description = "How long less must have been enough before it goes down. Default: ${DEFAULT-VALUE}")
    private String steady = "10m";

    @Option(names = "--cooldown", paramLabel = "TIME", description = "Between two steps up. Default: ${DEFAULT-VALUE}")
    private String cooldown = "1m";

    @Option(
            names = "--hours-per-day",
            paramLabel = "X",
            description = "Replica hours that a day may cost. Default: no ceiling.")
    private double hoursPerDay = Double.POSITIVE_INFINITY;

    @Option(
            names = "--every",
            paramLabel = "TIME",
            description = "How often it looks, at least 10s. Default: ${DEFAULT-VALUE}")
    private String every = "30s";

    @Option(names = "--looks", paramLabel = "N", description = "How often in all. Default: until it is stopped.")
    private int looks = Integer.MAX_VALUE;

    private double serviceSeconds;

    @Override
    public Integer call() throws Exception {
        Duration pause = FireworksDoor.time("--every", every);
        if (pause.compareTo(ExportedMetrics.APART) < 0) {
            throw new IllegalArgumentException("--every is " + pause + ": it must be at least "
                    + ExportedMetrics.APART.toSeconds() + "s, because metrics may be read six times a minute");
        }
        if (most < 1) {
            throw new IllegalArgumentException("--most is " + most + ": it must be at least 1");
        }
        if (looks < 1) {
            throw new IllegalArgumentException("--looks is " + looks + ": it must be at least 1");
        }
        try (FireworksClient client = parent.door().open();
                Interrupts stop = Interrupts.onShutdown()) {
            Autoscaler autoscaler = autoscaler(client);
            for (int look = 1; look <= looks; look++) {
                look(client, autoscaler, pause);
                if (look < looks) {
                    stop.pause(pause);
                }
            }
        }
        return 0;
    }

    private Autoscaler autoscaler(FireworksClient client) {
        return new Autoscaler(new Autoscaler.Settings(
                least != null
                        ? least
                        : Math.min(most, client.deployments().get(id).min()),
                most,
                perReplica,
                FireworksDoor.time("--boot", boot),
                FireworksDoor.time("--steady", steady),
                FireworksDoor.time("--cooldown", cooldown),
                hoursPerDay));
    }

    /** A look that fails changes nothing, and the next one comes. */
    private void look(FireworksClient client, Autoscaler autoscaler, Duration window) throws Exception {
        try {
            Deployment now = client.deployments().get(id);
            Optional<ExportedMetrics.Load> load = client.metrics().load(id);
            if (load.isEmpty()) {
                parent.door().say("the exported metrics say nothing of " + id + " now; nothing is changed");
                return;
            }
            Pressure pressure = pressure(load.get(), window);
            Autoscaler.Now seen = new Autoscaler.Now(now.min(), now.max(), now.desired(), now.ready());
            Autoscaler.Proposal proposal = autoscaler.look(pressure, seen, Clock.SYSTEM.nanos());
            boolean applied = proposal.changes() && mode.apply && !mode.dryRun;
            if (applied) {
                client.deployments().apply(now, proposal);
            }
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("id", id);
            row.put("min", now.min());
            row.put("max", now.max());
            row.put("proposed_min", proposal.min());
            row.put("proposed_max", proposal.max());
            row.put("proposed_load_target", proposal.loadTarget());
            row.put("changes", proposal.changes());
            row.put("applied", applied);
            row.put("evidence", proposal.evidence());
            String what = proposal.changes()
                    ? (applied ? "set" : "would set") + " replicas from " + now.min() + "-" + now.max() + " to "
                            + proposal.min() + "-" + proposal.max()
                    : "stays at " + now.min() + " to " + now.max() + " replicas";
            parent.door().print(row, id + " " + what + ": " + proposal.evidence());
        } catch (FireworksException no) {
            if (ENDINGS.contains(no.reason()) || looks == 1) {
                throw no;
            }
            parent.door().say("looks again in " + window.toSeconds() + " s: " + no.getMessage());
        }
    }

    /** The exported metrics count what was acknowledged; whether refused requests are among it is not documented, so they are added. */
    private Pressure pressure(ExportedMetrics.Load load, Duration window) {
        double served = load.requestsPerSecond();
        double rejected = load.rejectedPerSecond();
        serviceSeconds = served > 0 ? load.concurrent() / served : serviceSeconds;
        return new Pressure(
                window.toMillis() / 1e3, served + rejected, served + rejected, rejected, 0, serviceSeconds, 0);
    }
}
