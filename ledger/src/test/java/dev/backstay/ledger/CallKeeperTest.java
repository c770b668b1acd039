package dev.backstay.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.core.CallListener;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of calls in the store, in SQLite and in a real PostgreSQL. */
class CallKeeperTest {

    private static final Keeping ALL_FOR_LONG =
            new Keeping(Duration.ofSeconds(10), 1, Duration.ofDays(7), Duration.ofDays(90), 1L << 30);

    private static final AtomicInteger databases = new AtomicInteger();

    private static EmbeddedPostgres server;

    private String database;

    private final AtomicReference<CallListener> ears = new AtomicReference<>(CallListener.NONE);
    private final Played played =
            new Played((now, call, signal, step) -> ears.get().heard(now, call, signal, step));

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

    private String where(String kind) {
        return kind.equals("sqlite")
                ? folder.resolve("ledger.db").toString()
                : "postgresql://localhost:" + server.getPort() + "/" + database + "?user=postgres";
    }

    @BeforeEach
    void freshDatabase() throws SQLException {
        database = "test" + databases.incrementAndGet();
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
    }

    private CallKeeper keeper(Supplier<Ledger> store, Keeping keeping, String source) {
        CallKeeper keeper = new CallKeeper(store, keeping, source, played.wall());
        ears.set(keeper.listener());
        return keeper;
    }

    private CallKeeper keeper(String kind, Keeping keeping) {
        return keeper(() -> Ledger.open(where(kind)), keeping, "one");
    }

    private static long attempts(Ledger ledger) {
        return ledger.tallies().attempts(0, Long.MAX_VALUE).stream()
                .mapToLong(AttemptTally::attempts)
                .sum();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void a_call_that_was_tried_twice_is_told_with_all_its_phases(String kind) {
        CallKeeper keeper = keeper(kind, Keeping.USUAL);
        played.succeedsAfterARefusedConnection("tried-twice");
        assertThat(keeper.write()).isTrue();
        try (Ledger ledger = Ledger.existing(where(kind))) {
            CallRecord told = ledger.calls().find("tried-twice").orElseThrow();
            assertThat(told.succeeded()).isTrue();
            assertThat(told.attempts()).isEqualTo(2);
            assertThat(told.requestId()).isEqualTo("req-tried-twice");
            assertThat(told.promptTokens()).isEqualTo(100);
            assertThat(told.completionTokens()).isEqualTo(50);
            assertThat(told.life())
                    .extracting(Moment::what)
                    .containsExactly(
                            "attempt",
                            "resolving",
                            "connecting",
                            "failed",
                            "wait",
                            "attempt",
                            "resolving",
                            "connecting",
                            "sending",
                            "awaiting",
                            "streaming",
                            "completed",
                            "end");
            assertThat(told.life().get(2).text()).isEqualTo("10.0.0.1:443 refused (Connection refused)");
            assertThat(told.life().get(3).text())
                    .contains("connect_failed while connecting", "acknowledged: no", "check the network path");
            assertThat(told.life().get(4).text()).startsWith("backoff: a pause between two tries");
            assertThat(told.life().get(4).tookMicros()).isPositive();
            assertThat(told.life().get(9).tookMicros()).isEqualTo(740_000);
            assertThat(told.life().get(10).tookMicros()).isEqualTo(750_000);
            assertThat(ledger.calls().find("req-tried-twice")).contains(told);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void every_attempt_is_counted_once_whatever_is_kept_of_its_call(String kind) {
        CallKeeper keeper = keeper(
                () -> Ledger.open(where(kind)),
                new Keeping(Duration.ofHours(1), 0, Duration.ofDays(7), Duration.ofDays(90), 1L << 30),
                "counted");
        for (int i = 0; i < 100; i++) {
            played.succeeds("good-" + i);
            if (i % 10 == 0) {
                played.failsWith("bad-" + i, 400);
                played.succeedsAfterARefusedConnection("twice-" + i);
                keeper.write();
                keeper.write();
            }
        }
        keeper.write();
        try (Ledger ledger = Ledger.existing(where(kind))) {
            List<AttemptTally> rows = ledger.tallies().attempts(0, Long.MAX_VALUE);
            assertThat(sum(rows, "completed", "done", "yes")).isEqualTo(110);
            assertThat(sum(rows, "bad_request", "awaiting", "yes")).isEqualTo(10);
            assertThat(sum(rows, "connect_failed", "connecting", "no")).isEqualTo(10);
            assertThat(rows.stream().map(AttemptTally::minuteMs).distinct().count())
                    .as("170 s are in three or four minutes")
                    .isBetween(3L, 4L);
            assertThat(ledger.calls().find("good-5")).as("not in the sample").isEmpty();
            assertThat(ledger.calls().find("bad-10").orElseThrow().status()).isEqualTo(400);
            assertThat(ledger.tallies().addresses(0, Long.MAX_VALUE))
                    .extracting(AddressTally::answer)
                    .contains("connected", "refused");
        }
    }

    private static long sum(List<AttemptTally> rows, String outcome, String phase, String acknowledged) {
        return rows.stream()
                .filter(row -> row.outcome().equals(outcome)
                        && row.phase().equals(phase)
                        && row.acknowledged().equals(acknowledged))
                .mapToLong(AttemptTally::attempts)
                .sum();
    }

    @Test
    void of_a_hundred_thousand_attempts_exactly_those_died_on_the_way_that_were_made_to() {
        CallKeeper keeper = keeper(
                "sqlite", new Keeping(Duration.ofHours(1), 0, Duration.ofDays(7), Duration.ofDays(90), 1L << 30));
        Random chance = new Random(7);
        long attempts = 0;
        long died = 0;
        long refused = 0;
        for (int i = 0; attempts < 100_000; i++) {
            double fate = chance.nextDouble();
            if (fate < 0.05) {
                played.succeedsAfterARefusedConnection("call-" + i);
                attempts += 2;
                died++;
            } else if (fate < 0.08) {
                played.failsWith("call-" + i, 400);
                attempts++;
                refused++;
            } else {
                played.succeeds("call-" + i);
                attempts++;
            }
            if (i % 5_000 == 0) {
                keeper.write();
            }
        }
        keeper.write();
        try (Ledger ledger = Ledger.existing(where("sqlite"))) {
            List<AttemptTally> rows = ledger.tallies().attempts(0, Long.MAX_VALUE);
            assertThat(attempts(ledger)).isEqualTo(attempts);
            assertThat(sum(rows, "connect_failed", "connecting", "no")).isEqualTo(died);
            assertThat(sum(rows, "bad_request", "awaiting", "yes")).isEqualTo(refused);
            assertThat(keeper.state().lost()).isZero();
            assertThat(ledger.calls().count()).isEqualTo(died + refused);
        }
    }

    @Test
    void processes_that_share_a_store_are_added_up() {
        CallKeeper first = keeper(() -> Ledger.open(where("sqlite")), Keeping.USUAL, "one");
        played.succeeds("a");
        first.write();
        CallKeeper second = keeper(() -> Ledger.open(where("sqlite")), Keeping.USUAL, "two");
        played.succeeds("b");
        second.write();
        try (Ledger ledger = Ledger.existing(where("sqlite"))) {
            assertThat(attempts(ledger)).isEqualTo(2);
        }
    }

    @Test
    void a_store_that_fails_loses_no_counter_and_says_what_is_wrong() {
        AtomicReference<Supplier<Ledger>> store = new AtomicReference<>(() -> {
            throw new IllegalArgumentException("the ledger cannot be opened: no rights");
        });
        CallKeeper keeper = keeper(() -> store.get().get(), ALL_FOR_LONG, "one");
        played.failsWith("early", 400);
        assertThat(keeper.write()).isFalse();
        assertThat(keeper.state().problem()).contains("the ledger cannot be opened: no rights");
        assertThat(keeper.state().waiting()).isEqualTo(1);
        store.set(() -> Ledger.open(where("sqlite")));
        played.failsWith("late", 400);
        assertThat(keeper.write()).isTrue();
        assertThat(keeper.state().problem()).isEmpty();
        assertThat(keeper.state().kept()).isEqualTo(2);
        try (Ledger ledger = Ledger.existing(where("sqlite"))) {
            assertThat(attempts(ledger)).isEqualTo(2);
            assertThat(ledger.calls().find("early")).isPresent();
        }
    }

    @Test
    void a_file_that_is_deleted_while_it_is_open_is_noticed() throws IOException {
        CallKeeper keeper = keeper("sqlite", ALL_FOR_LONG);
        played.succeeds("before");
        keeper.write();
        Files.delete(folder.resolve("ledger.db"));
        played.succeeds("after");
        assertThat(keeper.write()).isTrue();
        try (Ledger ledger = Ledger.existing(where("sqlite"))) {
            assertThat(ledger.calls().find("after")).isPresent();
            assertThat(attempts(ledger))
                    .as("the row of this minute is written anew, as a whole")
                    .isEqualTo(2);
        }
    }

    @Test
    void what_does_not_fit_is_lost_and_counted_and_calls_are_counted_all_the_same() {
        CallKeeper keeper = keeper("sqlite", ALL_FOR_LONG);
        for (int i = 0; i < CallRecorder.QUEUE_LIMIT + 5; i++) {
            played.succeeds("call-" + i);
        }
        assertThat(keeper.state().waiting()).isEqualTo(CallRecorder.QUEUE_LIMIT);
        assertThat(keeper.state().lost()).isEqualTo(5);
        assertThat(keeper.write()).isTrue();
        try (Ledger ledger = Ledger.existing(where("sqlite"))) {
            assertThat(attempts(ledger)).isEqualTo(CallRecorder.QUEUE_LIMIT + 5);
            assertThat(ledger.calls().count()).isEqualTo(CallRecorder.QUEUE_LIMIT);
        }
    }

    @Test
    void a_clock_that_goes_back_and_forth_loses_nothing() {
        CallKeeper keeper = keeper("sqlite", ALL_FOR_LONG);
        for (Duration jump : List.of(
                Duration.ZERO, Duration.ofDays(2), Duration.ofDays(-2), Duration.ofHours(-1), Duration.ofHours(1))) {
            played.jump(jump);
            played.succeeds("at " + jump);
            keeper.write();
            played.pass(Duration.ofMinutes(5));
            played.succeeds("later " + jump);
            keeper.write();
        }
        try (Ledger ledger = Ledger.existing(where("sqlite"))) {
            assertThat(attempts(ledger)).isEqualTo(10);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void records_go_with_age_and_with_size_and_not_with_a_clock_that_jumps(String store) {
        Keeping small = new Keeping(Duration.ofSeconds(10), 1, Duration.ofDays(7), Duration.ofDays(90), 1L << 20);
        CallKeeper keeper = keeper(store, small);
        Sweeper sweeper = new Sweeper(small, played.wall());
        try (Ledger ledger = Ledger.open(where(store))) {
            played.succeeds("old");
            keeper.write();
            sweeper.sweep(ledger);
            played.jump(Duration.ofDays(8));
            sweeper.sweep(ledger);
            assertThat(ledger.calls().count()).as("the clock has jumped").isEqualTo(1);
            sweeper.sweep(ledger);
            assertThat(ledger.calls().count()).as("it stays there").isZero();
            for (int i = 0; i < 3_000; i++) {
                played.succeedsAfterARefusedConnection("call-" + i);
            }
            keeper.write();
            assertThat(ledger.bytes()).isGreaterThan(1L << 20);
            played.jump(Duration.ofHours(-1));
            sweeper.sweep(ledger);
            sweeper.sweep(ledger);
            assertThat(ledger.bytes()).isLessThanOrEqualTo(1L << 20);
            assertThat(ledger.calls().find("call-0")).isEmpty();
            assertThat(ledger.calls().find("call-2999")).isPresent();
            assertThat(ledger.calls().count()).as("no more than has to go").isGreaterThan(300);
        }
    }

    @Test
    void a_file_of_somebody_else_is_left_as_it_is() throws IOException {
        Path foreign =
                Files.writeString(folder.resolve("ledger.db"), "these are not the rows you look for\n".repeat(99));
        CallKeeper keeper = keeper("sqlite", ALL_FOR_LONG);
        played.succeeds("a");
        assertThat(keeper.write()).isFalse();
        assertThat(keeper.state().problem().orElseThrow()).contains("ledger.db", "not a database");
        assertThat(foreign)
                .hasContent("these are not the rows you look for\n".repeat(99).strip() + "\n");
    }
}
