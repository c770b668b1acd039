package dev.backstay.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The reports in {@code rehearsal/reports}, which are what comes of the drills, byte for byte; {@code backstay rehearse} writes them. */
final class Published {

    private static final Path REPORTS = Path.of("reports");

    private Published() {}

    static void holds(Drill drill, Drill.Report report) throws IOException {
        assertThat(report.text()).isEqualTo(Files.readString(REPORTS.resolve(drill.label() + ".txt")));
        if (report.chart().isPresent()) {
            assertThat(report.chart().get()).isEqualTo(Files.readString(REPORTS.resolve(drill.label() + ".svg")));
        }
    }
}
