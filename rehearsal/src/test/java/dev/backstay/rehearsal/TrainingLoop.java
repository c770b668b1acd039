package dev.backstay.rehearsal;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.client.Ask;
import dev.backstay.client.Body;
import dev.backstay.client.CallFailed;
import dev.backstay.client.Caller;
import dev.backstay.client.Clock;
import dev.backstay.client.OkHttpSender;
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
import dev.backstay.fireworks.FireworksClient;
import dev.backstay.fireworks.FireworksException;
import dev.backstay.fireworks.TrainerEndpoint;
import dev.backstay.fireworks.TrainerJobManager;
import dev.backstay.fireworks.TrainerSpec;
import dev.backstay.fireworks.WaitLimits;
import dev.backstay.ledger.Ledger;
import dev.backstay.wire.FireworksClassifier;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** A training loop as a process of its own, to be killed: trains to a step, saves, and writes a line for whatever it does. */
final class TrainingLoop {

    /** A machine that is busy makes many resumes look in vain. */
    private static final int MOST_RESUMES = 100;

    /** What a step takes. */
    private static final Duration STEP = Duration.ofMillis(20);

    private static final Duration RPC = Duration.ofSeconds(1);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Access access;
    private final Path log;
    private final long steps;
    private final TrainerJobManager trainers;
    private final Caller once;

    private TrainingLoop(String base, String ledger, Path log, long steps) {
        this.access = new Access(URI.create(base), "fw_loop", Optional.empty());
        this.log = log;
        this.steps = steps;
        this.trainers = FireworksClient.open(access, Ledger.open(ledger), CallListener.NONE)
                .trainers();
        SplittableRandom random = new SplittableRandom();
        this.once = new Caller(
                new Engine(RetryPolicy.NEVER, CallListener.NONE),
                new OkHttpSender(Clock.SYSTEM),
                Clock.SYSTEM,
                random::split);
    }

    /** BASE LEDGER LOG STEPS. */
    public static void main(String[] args) throws Exception {
        new TrainingLoop(args[0], args[1], Path.of(args[2]), Long.parseLong(args[3])).run();
        System.exit(0);
    }

    private void run() throws Exception {
        WaitLimits usual = WaitLimits.RECONNECT;
        WaitLimits limits = new WaitLimits(
                Duration.ofMillis(100),
                usual.pending(),
                usual.ready(),
                usual.leaving(),
                usual.settle(),
                Duration.ofSeconds(3),
                MOST_RESUMES);
        while (true) {
            TrainerEndpoint endpoint = reconnect(limits);
            try {
                Optional<Checkpoint> from = trainers.resumePoint("loop");
                long step = from.isEmpty()
                        ? 0
                        : call(
                                endpoint,
                                "load",
                                "{\"checkpoint\": \"" + from.get().id() + "\"}");
                write((from.isEmpty() ? "fresh " : "load ") + step);
                while (step < steps) {
                    Clock.SYSTEM.pause(STEP);
                    step = call(endpoint, "steps", "{}");
                    trainers.progress("loop", step);
                    if (step % 10 == 0) {
                        call(endpoint, "save", "{}");
                        trainers.saved("loop", step);
                        write("save " + step);
                    }
                }
                call(endpoint, "finish", "{}");
                write("complete " + step);
                return;
            } catch (CallFailed interrupted) {
                write("interrupted " + interrupted.failure().kind());
            }
        }
    }

    private TrainerEndpoint reconnect(WaitLimits limits) {
        try {
            return trainers.reconnectAndWait("loop", limits, false, TrainerJobManager.Listener.NONE);
        } catch (FireworksException no) {
            if (no.reason() != FireworksException.Reason.NOT_FOUND) {
                throw no;
            }
            return trainers.createAndWait(TrainerSpec.of("loop", "base"), limits, TrainerJobManager.Listener.NONE);
        }
    }

    private void write(String line) throws IOException {
        Files.writeString(log, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private long call(TrainerEndpoint endpoint, String what, String body) throws IOException {
        Ask ask = Ask.json(
                "POST",
                URI.create(endpoint.baseUrl() + "/api/v1/" + what),
                Map.of("x-api-key", access.key()),
                Body.json(body),
                new FireworksClassifier());
        Timeouts timeouts = new Timeouts(RPC, RPC, RPC, RPC, RPC, RPC);
        Request request = Request.arriving(
                        "rpc",
                        new Target("trainer", what + System.nanoTime()),
                        Workload.AGENTIC,
                        timeouts,
                        false,
                        System.nanoTime())
                .with(StreamPolicy.WHOLE);
        return JSON.readTree(once.call(ask, request).body()).path("step").asLong();
    }
}
