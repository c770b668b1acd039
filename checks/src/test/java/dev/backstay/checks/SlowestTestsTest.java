package dev.backstay.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;

/** The slowest test classes of the build that ran just before: ten are printed, and one that takes too long fails it. */
class SlowestTestsTest {

    private static final double LIMIT_SECONDS = 20;

    /** Classes that may take longer, each with its reason. */
    private static final Map<String, String> ALLOWED = Map.of();

    private static final Path ROOT = Path.of("..");
    private static final int SHOWN = 10;

    private record Timed(String name, double seconds) {}

    @Test
    void no_class_takes_longer_than_it_may() throws Exception {
        List<Timed> slowest = slowestFirst();
        assertThat(slowest).as("reports in target/surefire-reports").hasSizeGreaterThan(SHOWN);
        double factor = factor();
        System.out.printf(
                Locale.ROOT, "The slowest test classes, at %.1f times the load of this machine's cores:%n", factor);
        slowest.stream()
                .limit(SHOWN)
                .forEach(each -> System.out.printf(Locale.ROOT, "%7.1f s  %s%n", each.seconds, each.name));
        if (Boolean.getBoolean("backstay.thorough")) {
            return; // long on purpose
        }
        assertThat(slowest)
                .as(
                        "classes over %s s, which may be split, made to wait for events, or listed here with a reason",
                        LIMIT_SECONDS)
                .noneMatch(each -> each.seconds > LIMIT_SECONDS * factor && !ALLOWED.containsKey(each.name));
    }

    /** Where more threads want to run than there are cores, each takes that much longer. */
    private static double factor() {
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        return Math.max(1, load / Runtime.getRuntime().availableProcessors());
    }

    private static List<Timed> slowestFirst() throws Exception {
        DocumentBuilder parser = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        try (Stream<Path> files = Files.walk(ROOT, 5)) {
            List<Path> reports = files.filter(SlowestTestsTest::isReport).toList();
            Stream.Builder<Timed> all = Stream.builder();
            for (Path report : reports) {
                Element suite = parser.parse(report.toFile()).getDocumentElement();
                all.add(new Timed(
                        suite.getAttribute("name"),
                        Double.parseDouble(suite.getAttribute("time").replace(",", ""))));
            }
            return all.build()
                    .sorted(Comparator.comparingDouble(Timed::seconds).reversed())
                    .toList();
        }
    }

    private static boolean isReport(Path file) {
        return file.toString().contains("surefire-reports")
                && file.getFileName().toString().matches("TEST-.*\\.xml");
    }
}
