package dev.backstay.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.backstay.platform.PlatformScript;
import dev.backstay.simulator.Script;
import dev.backstay.simulator.SimulatorServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The drill's shorter brother: real HTTP, a process of its own, SIGKILL. The control plane's clock runs 100 times as fast. */
class RealKillsTest {

    private static final int KILLS = 3;
    private static final int STEPS = 120;

    /** A process is killed after at most so many lines of its log, and at some moment on the way to the next. */
    private static final int MOST_LINES = 5;

    private static final int SAVE_MILLIS = 300;

    @TempDir
    private Path folder;

    @Test
    @EnabledIfSystemProperty(named = "backstay.thorough", matches = "true")
    void a_training_loop_that_is_killed_and_preempted_ends_complete_and_never_begins_anew() throws Exception {
        PlatformScript script = new YAMLMapper().readValue("""
                outages: [{from: 350, to: 420, how: "503"}]
                capacity-wait: 20
                trainer-boot: 60
                health-lag: 15
                preemptions: [300, 700]
                transition: 60
                stalls: [900]
                checkpoint-lag: 30
                """, PlatformScript.class);
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        Path log = folder.resolve("log");
        try (SimulatorServer server =
                SimulatorServer.start(Script.HEALTHY, script, 100, new InetSocketAddress("127.0.0.1", 0), false, 1)) {
            for (int i = 0; i < KILLS; i++) {
                Process process = start(server.url(), log);
                int until = written(log) + 1 + random.nextInt(MOST_LINES);
                while (written(log) < until && !process.waitFor(10, TimeUnit.MILLISECONDS)) {}
                process.waitFor(random.nextInt(SAVE_MILLIS), TimeUnit.MILLISECONDS);
                process.destroyForcibly().waitFor();
            }
            Process last = start(server.url(), log);
            boolean ended = last.waitFor(120, TimeUnit.SECONDS);
            last.destroyForcibly();
            assertThat(ended).as("ends by itself, seed " + seed).isTrue();
        }
        List<String> lines = Files.readAllLines(log);
        String story = "seed " + seed + ": " + lines;
        assertThat(lines.get(lines.size() - 1)).as(story).isEqualTo("complete " + STEPS);
        long saved = 0;
        for (String line : lines) {
            long step = line.matches(".* \\d+") ? Long.parseLong(line.substring(line.indexOf(' ') + 1)) : 0;
            if (line.startsWith("save")) {
                saved = step;
            } else if (line.startsWith("load")) {
                assertThat(step).as(story).isGreaterThanOrEqualTo(saved);
            } else if (line.startsWith("fresh")) {
                assertThat(saved).as("nothing was saved before: " + story).isZero();
            }
        }
    }

    private static int written(Path log) throws IOException {
        return Files.exists(log) ? Files.readAllLines(log).size() : 0;
    }

    private Process start(String url, Path log) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TrainingLoop.class.getName(),
                        url,
                        folder.resolve("ledger.db").toString(),
                        log.toString(),
                        Integer.toString(STEPS))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
    }
}
