package dev.backstay.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.backstay.platform.PlatformScript;
import dev.backstay.simulator.Script;
import dev.backstay.simulator.SimulatorServer;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The drill's shorter brother: real HTTP, a process of its own, SIGKILL. The control plane's clock runs 100 times as fast. */
class RealKillsTest {

    private static final int KILLS = 3;
    private static final int STEPS = 200;

    @TempDir
    private Path folder;

    @Test
    void a_training_loop_that_is_killed_and_preempted_ends_complete_and_never_begins_anew() throws Exception {
        PlatformScript script = new YAMLMapper().readValue("""
                outages: [{from: 500, to: 600, how: "503"}]
                capacity-wait: 20
                trainer-boot: 60
                health-lag: 15
                preemptions: [450, 1100]
                transition: 60
                stalls: [1700]
                checkpoint-lag: 30
                """, PlatformScript.class);
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        Path log = folder.resolve("log");
        try (SimulatorServer server =
                SimulatorServer.start(Script.HEALTHY, script, 100, new InetSocketAddress("127.0.0.1", 0), false, 1)) {
            for (int i = 0; i < KILLS; i++) {
                Process process = start(server.url(), log);
                if (!process.waitFor(2_500 + random.nextInt(3_000), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly().waitFor();
                }
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

    private Process start(String url, Path log) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
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
