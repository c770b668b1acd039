package dev.backstay.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.testkit.SimulatedFireworks;
import dev.backstay.testkit.Simulation;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many streams at a time from one small JVM; two thousand with {@code -Pthorough}. */
class ManyStreamsTest {

    private static final int MANY = Boolean.getBoolean("backstay.thorough") ? 2_000 : 400;

    /** The watch, OkHttp's own few, and those of the test. */
    private static final int FEW = 20;

    @Timeout(300)
    @ParameterizedTest
    @ValueSource(strings = {"threads", "futures"})
    @SimulatedFireworks(fast = true)
    void none_is_lost_and_nobody_has_a_thread_but_the_callers(String how, Simulation fireworks) throws Exception {
        Process child = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-Xmx512m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.backstay.client.ManyStreams",
                        fireworks.baseUrl(),
                        String.valueOf(MANY),
                        how)
                .redirectErrorStream(true)
                .start();
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(said).contains("whole " + MANY + " lost 0").contains("running 0 connections 0");
        Matcher threads = Pattern.compile("threads (\\d+)").matcher(said);
        assertThat(threads.find()).isTrue();
        // OkHttp blocks a thread while it waits for an answer; before Java 24 it cannot be a virtual one.
        boolean virtual = Runtime.version().feature() >= 24;
        int callers = how.equals("threads") || !virtual ? MANY : 0;
        assertThat(Integer.parseInt(threads.group(1)) - callers).as(said).isLessThan(FEW);
    }
}
