package dev.backstay.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The reports are what comes of the drills, byte for byte; {@code bench/drills} writes them. */
class PublishedDrillsTest {

    private static final Path REPORTS = Path.of("reports");

    @ParameterizedTest
    @EnumSource(Drill.class)
    void the_report_is_what_comes_of_it(Drill drill) throws Exception {
        Drill.Report report = drill.play(1);
        assertThat(report.text()).isEqualTo(Files.readString(REPORTS.resolve(drill.label() + ".txt")));
        if (report.chart().isPresent()) {
            assertThat(report.chart().get()).isEqualTo(Files.readString(REPORTS.resolve(drill.label() + ".svg")));
        }
    }
}
