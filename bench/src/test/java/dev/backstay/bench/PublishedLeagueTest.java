package dev.backstay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What is published is one whole. That it is what comes out, to the last digit, takes minutes to prove: {@code bench/league} writes it
 * anew, and CI looks for differences.
 */
class PublishedLeagueTest {

    private static final Path PUBLISHED = Path.of("../simulator/reports");

    private static String report() throws IOException {
        return Files.readString(PUBLISHED.resolve("report.md"));
    }

    /** The README's table is part of the report: the same title, and seven of its figures. */
    @Test
    void the_readme_says_the_same() throws IOException {
        List<String> shown = Files.readAllLines(Path.of("../README.md")).stream()
                .filter(line -> line.matches("\\| .*( \\| [\\d.]+){5} \\| \\*\\*[\\d.]+\\*\\* \\| [\\d.]+ \\|"))
                .toList();
        List<String> rows =
                report().lines().filter(line -> line.startsWith("| [")).toList();
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
    void every_large_gap_has_a_reason() throws IOException {
        assertThat(report()).doesNotContain("not explained");
    }
}
