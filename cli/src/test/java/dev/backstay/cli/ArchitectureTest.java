package dev.backstay.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/** The arrows of the house, and what its quiet rooms must not do. */
class ArchitectureTest {

    private static final JavaClasses HOUSE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("testkit")) // for tests only
            .importPackages("dev.backstay");

    @Test
    void arrows_point_one_way() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("dev.backstay..")
                .layer("core")
                .definedBy("dev.backstay.core..")
                .layer("wire")
                .definedBy("dev.backstay.wire..")
                .layer("client")
                .definedBy("dev.backstay.client..")
                .layer("micrometer")
                .definedBy("dev.backstay.micrometer..")
                .layer("ledger")
                .definedBy("dev.backstay.ledger..")
                .layer("fireworks")
                .definedBy("dev.backstay.fireworks..")
                .layer("diagnosis")
                .definedBy("dev.backstay.diagnosis..")
                .layer("platform")
                .definedBy("dev.backstay.platform..")
                .layer("simulator")
                .definedBy("dev.backstay.simulator..")
                .layer("rehearsal")
                .definedBy("dev.backstay.rehearsal..")
                .layer("gateway")
                .definedBy("dev.backstay.gateway..")
                .layer("cli")
                .definedBy("dev.backstay.cli..")
                .whereLayer("cli")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("gateway")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("rehearsal")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("diagnosis")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("fireworks")
                .mayOnlyBeAccessedByLayers("diagnosis", "rehearsal", "cli")
                .whereLayer("ledger")
                .mayOnlyBeAccessedByLayers("fireworks", "diagnosis", "rehearsal", "gateway", "cli")
                .whereLayer("client")
                .mayOnlyBeAccessedByLayers("fireworks", "diagnosis", "rehearsal", "micrometer", "gateway", "cli")
                .whereLayer("micrometer")
                .mayOnlyBeAccessedByLayers("gateway", "cli")
                .whereLayer("simulator")
                .mayOnlyBeAccessedByLayers("rehearsal", "cli")
                .whereLayer("platform")
                .mayOnlyBeAccessedByLayers("simulator", "rehearsal", "cli")
                .whereLayer("wire")
                .mayOnlyBeAccessedByLayers(
                        "client", "fireworks", "diagnosis", "simulator", "rehearsal", "gateway", "cli")
                .check(HOUSE);
    }

    @Test
    void core_depends_on_nothing() {
        noClasses()
                .that()
                .resideInAPackage("dev.backstay.core..")
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages("dev.backstay.core..", "java..", "org.jspecify..")
                .check(HOUSE);
    }

    @Test
    void core_and_wire_read_no_clock_and_draw_no_global_chance() {
        for (String quiet : List.of("dev.backstay.core..", "dev.backstay.wire..")) {
            noClasses()
                    .that()
                    .resideInAPackage(quiet)
                    .should()
                    .callMethod(System.class, "nanoTime")
                    .check(HOUSE);
            noClasses()
                    .that()
                    .resideInAPackage(quiet)
                    .should()
                    .callMethod(System.class, "currentTimeMillis")
                    .check(HOUSE);
            noClasses()
                    .that()
                    .resideInAPackage(quiet)
                    .should()
                    .callMethod(Instant.class, "now")
                    .check(HOUSE);
            noClasses()
                    .that()
                    .resideInAPackage(quiet)
                    .should()
                    .callMethod(LocalDateTime.class, "now")
                    .check(HOUSE);
            noClasses()
                    .that()
                    .resideInAPackage(quiet)
                    .should()
                    .callMethod(Math.class, "random")
                    .check(HOUSE);
            noClasses()
                    .that()
                    .resideInAPackage(quiet)
                    .should()
                    .dependOnClassesThat()
                    .belongToAnyOf(
                            Clock.class,
                            Random.class,
                            ThreadLocalRandom.class,
                            SecureRandom.class,
                            Thread.class,
                            Runtime.class)
                    .check(HOUSE);
        }
    }

    @Test
    void the_model_and_the_virtual_clock_read_no_wall_clock() {
        noClasses()
                .that()
                .resideInAPackage("dev.backstay.simulator..")
                .and()
                .haveSimpleNameNotStartingWith("SimulatorServer")
                .should()
                .callMethod(System.class, "nanoTime")
                .check(HOUSE);
    }

    @Test
    void what_decides_and_models_about_the_control_plane_reads_no_clock() {
        for (String quiet : List.of("dev.backstay.platform..", "dev.backstay.fireworks..", "dev.backstay.ledger..")) {
            noClasses()
                    .that()
                    .resideInAPackage(quiet)
                    .and()
                    .haveSimpleNameNotStartingWith("FireworksClient") // names a process and seeds its chance
                    .should()
                    .callMethod(System.class, "nanoTime")
                    .orShould()
                    .callMethod(System.class, "currentTimeMillis")
                    .orShould()
                    .callMethod(Instant.class, "now")
                    .orShould()
                    .callMethod(Thread.class, "sleep", long.class)
                    .check(HOUSE);
        }
    }

    @Test
    void each_module_is_one_package_but_the_gateway_which_has_four() {
        Set<String> packages = new TreeSet<>();
        HOUSE.forEach(each -> packages.add(each.getPackageName()));
        assertThat(packages)
                .containsExactly(
                        "dev.backstay.cli",
                        "dev.backstay.client",
                        "dev.backstay.core",
                        "dev.backstay.diagnosis",
                        "dev.backstay.fireworks",
                        "dev.backstay.gateway",
                        "dev.backstay.gateway.admin",
                        "dev.backstay.gateway.config",
                        "dev.backstay.gateway.keys",
                        "dev.backstay.ledger",
                        "dev.backstay.micrometer",
                        "dev.backstay.platform",
                        "dev.backstay.rehearsal",
                        "dev.backstay.simulator",
                        "dev.backstay.wire");
    }

    @Test
    void nobody_prints_but_the_commands() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.backstay.cli..")
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(HOUSE);
    }
}
