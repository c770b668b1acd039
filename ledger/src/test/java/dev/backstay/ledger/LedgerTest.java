package dev.backstay.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same story in SQLite and in a real PostgreSQL. */
class LedgerTest {

    private static EmbeddedPostgres server;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() throws Exception {
        server = EmbeddedPostgres.start();
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    private Ledger open(String kind) {
        return Ledger.open(
                kind.equals("sqlite")
                        ? folder.resolve("new/ledger.db").toString()
                        : "postgresql://localhost:" + server.getPort() + "/postgres?user=postgres");
    }

    private static Watch fresh(String job, long nowMs) {
        return Watch.begun("trainer", "demo", job, "reconnect", nowMs);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void a_wait_survives_its_process_with_its_clocks(String kind) {
        Watches first = open(kind).watches();
        Watch begun = first.take(fresh("a", 1_000), "one", 1_000).orElseThrow();
        first.keep(begun.saw("JOB_STATE_CREATING", 2_000), "one", 3_000);
        first.reached("trainer", "demo", "a", 7, 2_500);
        first.saved("trainer", "demo", "a", 5, 2_400);
        long later = 3_001 + Watches.HOLD_MS;
        Watch again = open(kind).watches().take(fresh("a", later), "two", later).orElseThrow();
        assertThat(again.beganMs()).isEqualTo(1_000);
        assertThat(again.readyMs()).isEqualTo(2_000);
        assertThat(again.step()).isEqualTo(7);
        assertThat(again.savedStep()).isEqualTo(5);
        assertThat(again.state()).isEqualTo("JOB_STATE_CREATING");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void one_that_is_up_to_date_is_known_by_its_newest_migration(String kind) throws Exception {
        open(kind).close();
        try (Connection connection = DriverManager.getConnection(
                        kind.equals("sqlite")
                                ? "jdbc:sqlite:" + folder.resolve("new/ledger.db")
                                : "jdbc:postgresql://localhost:" + server.getPort() + "/postgres?user=postgres");
                ResultSet row = connection
                        .createStatement()
                        .executeQuery(
                                "SELECT version FROM flyway_schema_history ORDER BY installed_rank DESC LIMIT 1")) {
            assertThat(row.next()).isTrue();
            assertThat(row.getString(1)).isEqualTo(Ledger.NEWEST);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void one_holder_at_a_time(String kind) {
        Watches watches = open(kind).watches();
        Watch mine = watches.take(fresh("b", 1_000), "one", 1_000).orElseThrow();
        assertThat(watches.take(fresh("b", 1_001), "two", 1_001)).isEmpty();
        assertThat(watches.take(fresh("b", 1_001), "one", 1_001)).isPresent();
        watches.release(mine);
        assertThat(watches.take(fresh("b", 1_002), "two", 1_002)).isPresent();
        assertThat(watches.keep(mine.ended("ready", 1_003), "one", 1_003).isUnfinished())
                .as("who lost it ends nothing")
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void what_ended_is_not_unfinished_and_may_begin_anew(String kind) {
        Watches watches = open(kind).watches();
        Watch mine = watches.take(fresh("c", 1_000), "one", 1_000).orElseThrow();
        assertThat(watches.unfinished()).extracting(Watch::job).contains("c");
        watches.keep(mine.resumed(1_100).ended("ready", 1_200), "one", 1_200);
        assertThat(watches.unfinished()).extracting(Watch::job).doesNotContain("c");
        assertThat(watches.find("trainer", "demo", "c").orElseThrow().ending()).isEqualTo("ready");
        Watch anew = watches.take(fresh("c", 9_000), "two", 9_000).orElseThrow();
        assertThat(anew.beganMs()).isEqualTo(9_000);
        assertThat(anew.resumes()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void resumes_count_until_a_step_is_made_or_it_did_well_for_a_while(String kind) {
        Watches watches = open(kind).watches();
        Watch mine = watches.take(fresh("e", 1_000), "one", 1_000).orElseThrow();
        watches.keep(mine.resumed(1_100).ended("ready", 1_200), "one", 1_200);
        assertThat(watches.take(fresh("e", 2_000), "one", 2_000).orElseThrow().resumes())
                .isEqualTo(1);
        watches.reached("trainer", "demo", "e", 3, 2_500);
        Watch known = watches.find("trainer", "demo", "e").orElseThrow();
        assertThat(known.resumes()).isZero();
        watches.keep(known.resumed(3_000).ended("ready", 4_000), "one", 4_000);
        long later = 4_001 + Watches.RECOVERED_MS;
        assertThat(watches.take(fresh("e", later), "one", later).orElseThrow().resumes())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void many_who_want_it_at_once_make_one_holder(String kind) throws Exception {
        Ledger ledger = open(kind);
        ExecutorService crowd = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Boolean>> wishes = IntStream.range(0, 40)
                    .mapToObj(i -> (Callable<Boolean>) () -> ledger.watches()
                            .take(fresh("d", 1_000), "holder-" + i, 1_000)
                            .isPresent())
                    .toList();
            int holders = 0;
            for (Future<Boolean> each : crowd.invokeAll(wishes)) {
                holders += each.get() ? 1 : 0;
            }
            assertThat(holders).isEqualTo(1);
        } finally {
            crowd.shutdownNow();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void changes_are_kept_with_their_evidence(String kind) {
        Changes changes = open(kind).changes();
        changes.add(new Change("1", 1_000, "demo", "deployments/x", "max 2 -> 3", "3 % of calls got a 429", true));
        changes.add(new Change("2", 2_000, "demo", "deployments/x", "max 3 -> 2", "idle", false));
        changes.add(new Change("3", 3_000, "demo", "deployments/y", "min 0 -> 1", "", true));
        assertThat(changes.of("demo", "deployments/x", 10))
                .extracting(Change::id)
                .containsExactly("2", "1");
        assertThat(changes.of("demo", "deployments/x", 10).get(1).applied()).isTrue();
        assertThat(changes.of("demo", "deployments/x", 1)).hasSize(1);
    }

    @Test
    void what_is_no_ledger_is_told_and_left_alone() throws Exception {
        Path file = Files.writeString(
                folder.resolve("text"), "this is not a database, and it is long enough to be looked at".repeat(20));
        String before = Files.readString(file);
        assertThatThrownBy(() -> Ledger.open(file.toString()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--ledger");
        assertThat(Files.readString(file)).isEqualTo(before);
    }

    @Test
    void a_server_that_is_not_there_is_told_without_its_password() {
        assertThatThrownBy(() -> Ledger.open("postgresql://localhost:1/x?user=u&password=hunter2"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("hunter2");
    }
}
