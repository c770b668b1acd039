package dev.backstay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is published is what comes out, to the last digit; {@code bench/league} writes it anew. */
class PublishedLeagueTest {

    private static final Path PUBLISHED = Path.of("../simulator/reports");

    private static Map<String, String> played;

    @BeforeAll
    static void play() throws Exception {
        played = PublishedLeague.files();
    }

    @Test
    void everyFileIsAsPublished() throws IOException {
        for (Map.Entry<String, String> file : played.entrySet()) {
            assertThat(PUBLISHED.resolve(file.getKey())).hasContent(file.getValue());
        }
    }

    @Test
    void nothingElseIsThere() throws IOException {
        try (Stream<Path> files = Files.list(PUBLISHED)) {
            assertThat(files.map(file -> file.getFileName().toString()).toList())
                    .containsExactlyInAnyOrderElementsOf(played.keySet());
        }
    }

    @Test
    void everyLargeGapHasAReason() {
        assertThat(played.get("report.md")).doesNotContain("not explained");
    }
}
