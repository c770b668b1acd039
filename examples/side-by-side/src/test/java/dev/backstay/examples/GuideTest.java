package dev.backstay.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every snippet of a guide stands in an example that is compiled and run, word for word. */
class GuideTest {

    private static final Path ROOT = Path.of("../..");
    private static final Pattern SNIPPET = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @ParameterizedTest
    @ValueSource(strings = {"jvm.md", "workloads.md", "whose-fault.md", "migrating.md"})
    void snippets_are_compiled(String guide) throws IOException {
        String code = sources();
        Matcher snippets =
                SNIPPET.matcher(Files.readString(ROOT.resolve("docs/guides").resolve(guide)));
        int count = 0;
        while (snippets.find()) {
            count++;
            assertThat(code).as("a snippet of %s", guide).contains(plain(snippets.group(1)));
        }
        assertThat(count).isPositive();
    }

    private static String sources() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT.resolve("examples"))) {
            List<Path> java =
                    files.filter(file -> file.toString().endsWith(".java")).toList();
            StringBuilder all = new StringBuilder();
            for (Path file : java) {
                all.append(plain(Files.readString(file))).append('\n');
            }
            return all.toString();
        }
    }

    /** Without indentation and empty lines. */
    private static String plain(String code) {
        return code.lines().map(String::strip).filter(line -> !line.isEmpty()).collect(Collectors.joining("\n"));
    }
}
