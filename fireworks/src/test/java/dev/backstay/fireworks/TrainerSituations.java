package dev.backstay.fireworks;

import dev.backstay.client.Clock;
import dev.backstay.core.CallListener;
import dev.backstay.ledger.Ledger;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.io.TempDir;

/**
 * The situations in which the official Python SDK tests its trainer manager (fw-ai-external/python-sdk,
 * {@code training/sdk/tests/test_trainer.py} and {@code test_wait_for_operation.py}), with the same outcome; where ours is meant to
 * be another, the test says "instead".
 */
abstract class TrainerSituations {

    static final TrainerJobManager.Listener QUIET = TrainerJobManager.Listener.NONE;
    static final String JOB = "/rlorTrainerJobs/job-1";

    @TempDir
    Path folder;

    final JumpingClock clock = new JumpingClock();
    final ScriptedSender plane = new ScriptedSender();

    TrainerJobManager trainers() {
        return client(clock).trainers();
    }

    FireworksClient client(Clock time) {
        Access access = new Access(URI.create("https://api.example.com"), "test-key", Optional.of("test-account"));
        Ledger ledger = Ledger.open(folder.resolve("ledger.db").toString());
        return new FireworksClient(access, ledger, plane, time, CallListener.NONE, "me", 1);
    }

    static String job(String state) {
        return job(state, "");
    }

    static String job(String state, String message) {
        return "{\"name\": \"accounts/test-account/rlorTrainerJobs/job-1\", \"state\": \"JOB_STATE_" + state
                + "\", \"status\": {\"message\": \"" + message + "\"}}";
    }

    static TrainerSpec byHand() {
        return new TrainerSpec(
                "job-1",
                "accounts/test/models/qwen3-1p7b",
                0,
                1e-5,
                OptionalInt.of(4096),
                "",
                "",
                OptionalInt.empty(),
                OptionalInt.of(2),
                "US_OHIO_1",
                "",
                List.of(),
                "",
                "my-deploy",
                false,
                false,
                null);
    }

    Object[] states(String... states) {
        Object[] answers = new Object[states.length * 2];
        for (int i = 0; i < states.length; i++) {
            answers[2 * i] = 200;
            answers[2 * i + 1] = job(states[i]);
        }
        return answers;
    }

    static String checkpoint(int step, String type, String time) {
        return "{\"name\": \"accounts/a/rlorTrainerJobs/job-1/checkpoints/step-" + step + "\", \"createTime\": \""
                + time + "\", \"checkpointType\": \"" + type + "\", \"promotable\": " + type.startsWith("INFERENCE")
                + "}";
    }
}
