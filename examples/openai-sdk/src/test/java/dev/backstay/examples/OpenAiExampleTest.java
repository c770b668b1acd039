package dev.backstay.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.testkit.SimulatedFireworks;
import dev.backstay.testkit.Simulation;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The example, while the provider is flaky; and the class path it runs on. */
class OpenAiExampleTest {

    private static final int CALLS = 3;

    @Test
    @SimulatedFireworks(story = "then: fail 40% with 503", fast = true, seed = 3)
    void answers_while_the_provider_sheds_load(Simulation fireworks) throws Exception {
        try (OpenAiExample example = new OpenAiExample(fireworks.baseUrl(), "key")) {
            for (int i = 0; i < CALLS; i++) {
                assertThat(example.answer("m", "What is a backstay?")).isNotEmpty();
                assertThat(example.stream("m", "What is a backstay?")).isNotEmpty();
            }
        }
        assertThat(fireworks.requests()).as("some were tried again").isGreaterThan(2L * CALLS);
    }

    @Test
    void has_one_okhttp() throws Exception {
        assertThat(Collections.list(getClass().getClassLoader().getResources("okhttp3/OkHttpClient.class")))
                .hasSize(1);
    }

    /** What the SDK does not bring itself. */
    @Test
    void adds_less_than_6_mib_to_the_sdk() throws Exception {
        List<String> ours =
                List.of("backstay-", "/core/", "/wire/", "/client/", "/integrations/openai/", "yaml", "jspecify");
        List<String> tests = List.of("testkit", "simulator", "platform", "test-classes");
        long bytes = 0;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            boolean counts =
                    ours.stream().anyMatch(entry::contains) && tests.stream().noneMatch(entry::contains);
            bytes += counts ? size(Path.of(entry)) : 0;
        }
        assertThat(bytes).isBetween(200_000L, 6L * 1024 * 1024);
    }

    private static long size(Path entry) throws IOException {
        try (Stream<Path> files = Files.walk(entry)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }
}
