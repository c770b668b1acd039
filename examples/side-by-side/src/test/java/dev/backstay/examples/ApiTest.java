package dev.backstay.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.lang.reflect.Member;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What each published module promises stands in its {@code api.txt}, so that nobody changes a promise without seeing it. To write
 * them anew: {@code ./mvnw -pl examples/side-by-side -am test -Dtest=ApiTest -Dbackstay.api=write
 * -Dsurefire.failIfNoSpecifiedTests=false}.
 */
class ApiTest {

    private static final Path ROOT = Path.of("../..");
    private static final boolean WRITE = "write".equals(System.getProperty("backstay.api"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "core",
                "wire",
                "client",
                "ledger",
                "fireworks",
                "diagnosis",
                "testkit",
                "integrations/openai",
                "integrations/langchain4j",
                "integrations/okhttp",
                "integrations/micrometer",
                "integrations/opentelemetry"
            })
    void promises_are_kept(String module) throws IOException {
        Path file = ROOT.resolve(module).resolve("api.txt");
        String api = api("dev.backstay." + module.substring(module.lastIndexOf('/') + 1));
        if (WRITE) {
            Files.writeString(file, api);
        }
        assertThat(api).as("the API of %s, against %s", module, file).isEqualTo(Files.readString(file));
    }

    private static String api(String packageName) {
        StringBuilder api = new StringBuilder();
        new ClassFileImporter()
                .importPackages(packageName).stream()
                        .filter(found -> found.getPackageName().equals(packageName))
                        .sorted((one, other) -> one.getName().compareTo(other.getName()))
                        .map(JavaClass::reflect)
                        .filter(ApiTest::isPublic)
                        .forEach(type -> describe(type, api));
        return api.toString();
    }

    private static boolean isPublic(Class<?> type) {
        Class<?> outer = type.getEnclosingClass();
        return Modifier.isPublic(type.getModifiers())
                && !type.isAnonymousClass()
                && !type.isSynthetic()
                && (outer == null || isPublic(outer));
    }

    private static void describe(Class<?> type, StringBuilder api) {
        // Not every JDK says it by itself.
        String plain = type.toGenericString().replaceFirst("(non-)?sealed ", "");
        api.append(type.isSealed() ? "sealed " : "").append(plain).append('\n');
        List<Member> members = Stream.of(
                        type.getDeclaredConstructors(), type.getDeclaredFields(), type.getDeclaredMethods())
                .flatMap(Arrays::stream)
                .filter(member -> !member.isSynthetic())
                .filter(member -> Modifier.isPublic(member.getModifiers())
                        || Modifier.isProtected(member.getModifiers()) && !Modifier.isFinal(type.getModifiers()))
                .map(Member.class::cast)
                .toList();
        members.stream()
                .map(ApiTest::describe)
                .sorted()
                .forEach(line -> api.append("    ").append(line).append('\n'));
    }

    private static String describe(Member member) {
        String whole = member instanceof java.lang.reflect.Executable executable
                ? executable.toGenericString()
                : ((java.lang.reflect.Field) member).toGenericString();
        return whole.replace(member.getDeclaringClass().getName() + ".", "");
    }
}
