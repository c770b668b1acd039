package dev.backstay.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;
import org.postgresql.ds.PGSimpleDataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * The store. SQLite in a file, for one machine; PostgreSQL by its URL, when several share it.
 *
 * <p>Thread-safe. A file is opened once, a server is asked anew for each use; who keeps one as long as the process lives need not
 * close it.
 */
public final class Ledger implements AutoCloseable {

    /** How long SQLite waits for another process to finish its transaction. */
    private static final int BUSY_MILLIS = 10_000;

    /** After so long a server that says nothing is given up, unless its URL says otherwise ({@code socketTimeout}). */
    private static final int SILENT_SECONDS = 30;

    /** The version of the last of the migrations. */
    static final String NEWEST = "3";

    private final Jdbi jdbi;
    private final Optional<OneConnection> file;
    private final Watches watches;
    private final Changes changes;
    private final Tallies tallies;
    private final Calls calls;
    private final ProviderRates providerRates;

    private Ledger(Jdbi jdbi, Optional<OneConnection> file) {
        jdbi.registerRowMapper(Watch.class, ConstructorMapper.of(Watch.class));
        jdbi.registerRowMapper(AttemptTally.class, ConstructorMapper.of(AttemptTally.class));
        jdbi.registerRowMapper(AddressTally.class, ConstructorMapper.of(AddressTally.class));
        jdbi.registerRowMapper(ProviderRate.class, ConstructorMapper.of(ProviderRate.class));
        this.jdbi = jdbi;
        this.file = file;
        this.watches = new Watches(jdbi);
        this.changes = new Changes(jdbi);
        this.tallies = new Tallies(jdbi);
        this.calls = new Calls(jdbi);
        this.providerRates = new ProviderRates(jdbi);
    }

    /**
     * Opens a store, and brings its tables up to date.
     *
     * @param where a file, or {@code postgresql://host/database?user=…} (also with {@code jdbc:} before it)
     * @throws IllegalArgumentException if it cannot be opened, with what to do
     */
    public static Ledger open(String where) {
        boolean postgres = isServer(where);
        if (!postgres && where.matches("[A-Za-z][A-Za-z0-9+.-]*:.*") && !where.matches("[A-Za-z]:[\\\\/].*")) {
            String scheme = where.substring(0, where.indexOf(':'));
            throw new IllegalArgumentException(
                    "the ledger is in '" + scheme + ":…': it must be a file, or postgresql://host/database");
        }
        DataSource source = postgres ? postgres(where) : sqlite(Path.of(where));
        if (!isUpToDate(source)) {
            migrate(source, postgres ? "the PostgreSQL server" : where);
        }
        if (postgres) {
            return new Ledger(Jdbi.create(source), Optional.empty());
        }
        OneConnection file = new OneConnection(source, Path.of(where));
        return new Ledger(Jdbi.create(file), Optional.of(file));
    }

    /**
     * Opens a store that somebody has written to.
     *
     * @throws IllegalArgumentException if there is none, or it cannot be opened, with what to do
     */
    public static Ledger existing(String where) {
        if (!isServer(where) && !Files.exists(Path.of(where))) {
            throw new IllegalArgumentException("there is no ledger in " + where
                    + ": a gateway writes it where its settings say (ledger: …); name it with --ledger");
        }
        return open(where);
    }

    /** Whether this names a server, and no file. */
    public static boolean isServer(String where) {
        return where.startsWith("postgresql:") || where.startsWith("jdbc:postgresql:") || where.startsWith("postgres:");
    }

    /** Looking is a hundred times as quick as bringing it up to date, which also says what is wrong if looking fails. */
    private static boolean isUpToDate(DataSource source) {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT version FROM flyway_schema_history WHERE success ORDER BY installed_rank DESC LIMIT 1")) {
            return row.next() && NEWEST.equals(row.getString(1));
        } catch (SQLException notThereOrUnusable) {
            return false;
        }
    }

    private static void migrate(DataSource source, String name) {
        try {
            Flyway.configure()
                    .dataSource(source)
                    .locations("classpath:dev/backstay/ledger/migrations")
                    .load()
                    .migrate();
        } catch (FlywayException unusable) {
            throw new IllegalArgumentException(
                    "the ledger cannot be opened: " + name + ": " + lastLine(unusable)
                            + "; check the address and the rights, or give another with --ledger",
                    unusable);
        }
    }

    private static DataSource sqlite(Path file) {
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL); // a killed process loses nothing
        config.setBusyTimeout(BUSY_MILLIS);
        config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
        SQLiteDataSource source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + file);
        return source;
    }

    private static DataSource postgres(String url) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        String plain = url.startsWith("jdbc:") ? url.substring("jdbc:".length()) : url;
        source.setUrl("jdbc:postgresql" + plain.substring(plain.indexOf(':')));
        if (!url.contains("socketTimeout=")) {
            source.setSocketTimeout(SILENT_SECONDS); // else a server that hangs is waited for without an end
        }
        return source;
    }

    /** What is wrong with a store, in a line. */
    static String problem(Throwable unusable) {
        return unusable instanceof IllegalArgumentException
                ? String.valueOf(unusable.getMessage())
                : lastLine(unusable);
    }

    /** The last cause says what is wrong; a URL in it could have a password, so only its first line is told. */
    private static String lastLine(Throwable failure) {
        Throwable last = failure;
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            last = cause;
        }
        return String.valueOf(last.getMessage()).lines().findFirst().orElse("").replaceAll("jdbc:\\S+", "it");
    }

    /** The jobs that somebody waits for. */
    public Watches watches() {
        return watches;
    }

    /** Counters of attempts and addresses. */
    public Tallies tallies() {
        return tallies;
    }

    /** The lives of calls. */
    public Calls calls() {
        return calls;
    }

    /** What providers counted. */
    public ProviderRates providerRates() {
        return providerRates;
    }

    /** Writes what has changed, all or nothing. */
    void keep(Tally.Changed rows, List<CallRecord> records) {
        jdbi.useTransaction(handle -> {
            Tallies.save(handle, rows);
            Calls.save(handle, records);
        });
    }

    /** How large it is, without what is free in it. PostgreSQL counts its rows, since its files do not shrink when rows go. */
    public long bytes() {
        return jdbi.withHandle(handle -> handle.createQuery(
                        file.isPresent()
                                ? "SELECT (page_count - freelist_count) * page_size"
                                        + " FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()"
                                : "SELECT (SELECT coalesce(sum(pg_column_size(r.*)), 0) FROM call_record r)"
                                        + " + (SELECT coalesce(sum(pg_column_size(r.*)), 0) FROM attempt_tally r)"
                                        + " + (SELECT coalesce(sum(pg_column_size(r.*)), 0) FROM address_tally r)")
                .mapTo(Long.class)
                .one());
    }

    /** Whether what it writes can be found again: a file may have been deleted or moved while it is open. */
    boolean isThere() {
        return file.isEmpty() || file.get().isThere();
    }

    @Override
    public void close() {
        file.ifPresent(OneConnection::close);
    }

    /** Changes with their evidence. */
    public Changes changes() {
        return changes;
    }
}
