package dev.backstay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    void every_file_is_as_published() throws IOException {
        for (Map.Entry<String, String> file : played.entrySet()) {
            assertThat(PUBLISHED.resolve(file.getKey())).hasContent(file.getValue());
        }
    }

    @Test
    void nothing_else_is_there() throws IOException {
        try (Stream<Path> files = Files.list(PUBLISHED)) {
            assertThat(files.map(file -> file.getFileName().toString()).toList())
                    .containsExactlyInAnyOrderElementsOf(played.keySet());
        }
    }

    /** The README's table is part of the report: the same title, and seven of its figures. */
    @Test
    void the_readme_says_the_same() throws IOException {
        List<String> shown = Files.readAllLines(Path.of("../README.md")).stream()
                .filter(line -> line.matches("\\| .*( \\| [\\d.]+){5} \\| \\*\\*[\\d.]+\\*\\* \\| [\\d.]+ \\|"))
                .toList();
        List<String> rows = played.get("report.md")
                .lines()
                .filter(line -> line.startsWith("| ["))
                .toList();
        assertThat(shown).hasSizeGreaterThan(8);
        for (String line : shown) {
            String[] cells = line.split(" *\\| *");
            String[] row = rows.stream()
                    .filter(each -> each.contains(") " + cells[1] + " |"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("not in the report: " + line))
                    .split(" *\\| *");
            List<String> figures =
                    Stream.of(2, 3, 5, 8, 12, 13, 16).map(column -> row[column]).toList();
            assertThat(List.of(cells).subList(2, 9)).as(cells[1]).isEqualTo(figures);
        }
    }

    @Test
    void every_large_gap_has_a_reason() {
        assertThat(played.get("report.md")).doesNotContain("not explained");
    }
}
