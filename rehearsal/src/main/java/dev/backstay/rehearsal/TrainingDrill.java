package dev.backstay.rehearsal;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.client.Ask;
import dev.backstay.client.Body;
import dev.backstay.client.CallFailed;
import dev.backstay.client.Caller;
import dev.backstay.core.CallListener;
import dev.backstay.core.Engine;
import dev.backstay.core.Request;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.fireworks.Access;
import dev.backstay.fireworks.Checkpoint;
import dev.backstay.fireworks.DcpSaves;
import dev.backstay.fireworks.FireworksClient;
import dev.backstay.fireworks.FireworksException;
import dev.backstay.fireworks.TrainerEndpoint;
import dev.backstay.fireworks.TrainerJobManager;
import dev.backstay.fireworks.TrainerSpec;
import dev.backstay.fireworks.WaitLimits;
import dev.backstay.ledger.Ledger;
import dev.backstay.platform.Platform;
import dev.backstay.platform.PlatformScript;
import dev.backstay.wire.FireworksClassifier;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Twelve hours of training steps on a preemptible trainer, in virtual time: machines are taken away, the control plane goes away,
 * the trainer dies silently, and our own process is killed; the ledger is a real file, and each new process knows only it.
 */
public final class TrainingDrill {

    /** Steps of the run: twelve hours of 20 s. */
    public static final long STEPS = 2_160;

    private static final Duration STEP = Duration.ofSeconds(20);
    private static final Duration SAVE = Duration.ofSeconds(60);
    private static final Duration LONGEST_STEP = Duration.ofMinutes(4);
    private static final String ID = "drill";
    private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");
    private static final ObjectMapper JSON = new ObjectMapper();

    /** After so many reconnects without a step somebody would look. */
    private static final int MOST_IN_VAIN = 10;

    /** What is thrown at the run. */
    public static final int PREEMPTIONS = 20;

    /** What is thrown at the run. */
    public static final int OUTAGES = 3;

    /** What is thrown at the run. */
    public static final int STALLS = 2;

    /** What is thrown at the run. */
    public static final int KILLS = 5;

    /**
     * What came of it.
     *
     * @param completed whether the job is complete
     * @param ending the last word, if it is not
     * @param step how far it came
     * @param freshStarts how often training began from nothing; once is right
     * @param restarts how often it went on from a checkpoint
     * @param lostSteps steps that were done again
     * @param mostLost at one interruption
     * @param beyondSave steps lost that had been saved: none may be
     * @param hours how long it took
     * @param processes how many processes of ours it took
     * @param suffered what the trainer went through
     * @param story what happened when
     */
    public record Outcome(
            boolean completed,
            String ending,
            long step,
            int freshStarts,
            int restarts,
            long lostSteps,
            long mostLost,
            long beyondSave,
            double hours,
            int processes,
            Platform.Suffered suffered,
            List<String> story) {}

    private final Flow flow;
    private final Platform platform;
    private final VirtualClock clock;
    private final Path ledgerFile;
    private final DcpSaves saves;
    private final WaitLimits limits;
    private final SplittableRandom random;
    private final List<String> story = new ArrayList<>();
    private int processes;
    private int inVain;
    private boolean created;
    private int restarts;
    private long reached;
    private long saved = -1;
    private long lost;
    private long mostLost;
    private long beyondSave;

    private TrainingDrill(Flow flow, long seed, Path ledgerFile, DcpSaves saves) {
        this.flow = flow;
        this.random = new SplittableRandom(seed);
        this.saves = saves;
        this.ledgerFile = ledgerFile;
        this.limits = WaitLimits.RECONNECT;
        List<Double> preemptions = moments(PREEMPTIONS, 1_200, 61_200, 0.2);
        List<Double> kills = moments(KILLS, 2_000, 58_000, 1);
        List<Double> stalls = List.of(preemptions.get(6) + 750, preemptions.get(12) + 750);
        List<PlatformScript.Outage> outages = List.of(
                new PlatformScript.Outage(preemptions.get(3) - 60, preemptions.get(3) + 540, "503"),
                new PlatformScript.Outage(preemptions.get(9) + 30, preemptions.get(9) + 900, "silence"),
                new PlatformScript.Outage(preemptions.get(15) + 90, preemptions.get(15) + 400, "refuse"));
        Map<String, Object> script = Map.of(
                "outages", outages,
                "capacity-wait", 400,
                "trainer-boot", 150,
                "health-lag", 40,
                "preemptions", preemptions,
                "transition", 90,
                "stalls", stalls,
                "checkpoint-lag", 60);
        this.platform = new Platform(JSON.convertValue(script, PlatformScript.class), EPOCH);
        this.clock = new VirtualClock(
                EPOCH, kills.stream().map(at -> (long) (at * 1e9)).toList());
    }

    /** One in the beginning of each of so many equal parts. */
    private List<Double> moments(int count, double from, double to, double beginning) {
        List<Double> all = new ArrayList<>();
        double slot = (to - from) / count;
        for (int i = 0; i < count; i++) {
            all.add((double) Math.round(from + slot * (i + beginning * random.nextDouble())));
        }
        return all;
    }

    /** Who brings the trainer back. */
    public enum Flow {
        BACKSTAY("Backstay"),
        /** The flow of the official class, as its source has it. */
        OFFICIAL("the official flow");

        private final String words;

        Flow(String words) {
            this.words = words;
        }

        /** For people. */
        public String words() {
            return words;
        }
    }

    /**
     * Plays it.
     *
     * @param flow who brings the trainer back
     * @param seed of when what happens
     * @param ledgerFile a file that is not there yet
     * @param saves how often the optimizer's state is saved
     */
    public static Outcome play(Flow flow, long seed, Path ledgerFile, DcpSaves saves) {
        return new TrainingDrill(flow, seed, ledgerFile, saves).play();
    }

    private Outcome play() {
        String ending = "";
        boolean completed = false;
        while (!completed && ending.isEmpty()) {
            processes++;
            try {
                new OurProcess().run();
                completed = true;
            } catch (VirtualClock.Killed killed) {
                tell("our process is killed at step " + reached);
                clock.jump(clock.nanos() + Duration.ofMinutes(2).toNanos());
            } catch (FireworksException | OfficialReconnect.GaveUp no) {
                ending = String.valueOf(no.getMessage());
                tell("given up: " + ending);
            }
        }
        return new Outcome(
                completed,
                ending,
                reached,
                platform.freshStarts(),
                restarts,
                lost,
                mostLost,
                beyondSave,
                clock.nanos() / 3.6e12,
                processes,
                platform.suffered(ID),
                List.copyOf(story));
    }

    private void tell(String what) {
        long seconds = clock.nanos() / 1_000_000_000;
        story.add(String.format(
                Locale.ROOT, "%02d:%02d:%02d  %s", seconds / 3600, seconds / 60 % 60, seconds % 60, what));
    }

    /** One process of ours: everything in it is gone when it is killed. */
    private final class OurProcess {
        private final Access access = new Access(URI.create("https://simulated"), "fw_drill", Optional.empty());
        private final PlatformSender sender = new PlatformSender(platform, clock);
        private final TrainerJobManager trainers = new FireworksClient(
                        access,
                        Ledger.open(ledgerFile.toString()),
                        sender,
                        clock,
                        CallListener.NONE,
                        "process-" + processes,
                        random.nextLong())
                .trainers();
        private String heard = "";

        private void run() {
            while (reachable() < STEPS) {
                TrainerEndpoint endpoint = reconnect();
                try {
                    train(endpoint, load(endpoint));
                } catch (CallFailed interrupted) {
                    tell("interrupted at step " + reached + ": "
                            + interrupted.failure().kind().label());
                }
            }
        }

        private TrainerEndpoint reconnect() {
            if (flow == Flow.BACKSTAY) {
                return brought();
            }
            if (++inVain > MOST_IN_VAIN) {
                throw new OfficialReconnect.GaveUp(
                        "reconnected " + MOST_IN_VAIN + " times to a trainer that runs and makes no step");
            }
            OfficialReconnect official = new OfficialReconnect(sender, clock, random, access);
            if (!created) {
                created = true;
                trainers.create(TrainerSpec.of(ID, "accounts/fireworks/models/base"));
                return official.waitForReady(ID);
            }
            return official.reconnectAndWait(ID);
        }

        /** The first process finds no trainer, and makes one. */
        private TrainerEndpoint brought() {
            try {
                return trainers.reconnectAndWait(ID, limits, false, (watch, because) -> hear(because));
            } catch (FireworksException no) {
                if (no.reason() != FireworksException.Reason.NOT_FOUND) {
                    throw no;
                }
                TrainerSpec spec = TrainerSpec.of(ID, "accounts/fireworks/models/base");
                return trainers.createAndWait(spec, limits, (watch, because) -> hear(because));
            }
        }

        private long reachable() {
            return platform.stepOf(ID) == STEPS ? STEPS : -1;
        }

        private void hear(String because) {
            String cause = because.replaceAll(" for .*| within .*|: could not.*", "");
            if (!cause.equals(heard)) {
                heard = cause;
                tell(cause);
            }
        }

        /** Goes on from the newest checkpoint; begins anew only if there never was one. */
        private long load(TrainerEndpoint endpoint) {
            Optional<Checkpoint> from = trainers.resumePoint(ID);
            if (from.isEmpty()) {
                if (reached > 0) {
                    count(0);
                }
                return 0;
            }
            long step = Long.parseLong(
                    rpc(endpoint, "load", "{\"checkpoint\": \"" + from.get().id() + "\"}", "step"));
            restarts++;
            tell("goes on from step " + step);
            count(step);
            return step;
        }

        private void count(long from) {
            long again = reached - from;
            lost += again;
            mostLost = Math.max(mostLost, again);
            beyondSave += Math.max(0, saved - from);
            reached = from;
        }

        private void train(TrainerEndpoint endpoint, long from) {
            long step = from;
            while (step < STEPS) {
                pause(STEP);
                step = Long.parseLong(rpc(endpoint, "steps", "{}", "step"));
                reached = step;
                inVain = 0;
                trainers.progress(ID, step);
                if (saves.isDue(step, 0) || step == STEPS) {
                    pause(SAVE);
                    rpc(endpoint, "save", "{}", "checkpoint");
                    saved = step;
                    trainers.saved(ID, step);
                }
            }
            rpc(endpoint, "finish", "{}", "");
            tell("complete at step " + step);
        }

        private void pause(Duration time) {
            clock.jump(clock.nanos() + time.toNanos());
        }

        /** A step or a save is asked for once: asked twice it could be done twice. */
        private String rpc(TrainerEndpoint endpoint, String what, String body, String field) {
            Ask ask = Ask.json(
                    "POST",
                    URI.create(endpoint.baseUrl() + "/api/v1/" + what),
                    Map.of("x-api-key", access.key()),
                    Body.json(body),
                    new FireworksClassifier());
            Timeouts timeouts =
                    new Timeouts(LONGEST_STEP, LONGEST_STEP, LONGEST_STEP, LONGEST_STEP, LONGEST_STEP, LONGEST_STEP);
            Target target = new Target("trainer", what);
            Request request = Request.arriving("rpc", target, Workload.AGENTIC, timeouts, false, clock.nanos())
                    .with(StreamPolicy.WHOLE);
            try {
                Caller once =
                        new Caller(new Engine(RetryPolicy.NEVER, CallListener.NONE), sender, clock, random::split);
                return JSON.readTree(once.call(ask, request).body()).path(field).asText();
            } catch (IOException notJson) {
                throw new IllegalStateException(notJson);
            }
        }
    }
}
