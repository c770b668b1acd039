package dev.backstay.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * <p>Thread-safe. A file is opened once and let go of with the process, a server is asked anew for each use, so there is nothing to
 * close.
 */
public final class Ledger {

    /** How long SQLite waits for another process to finish its transaction. */
    private static final int BUSY_MILLIS = 10_000;

    private final Watches watches;
    private final Changes changes;

    private Ledger(Jdbi jdbi) {
        jdbi.registerRowMapper(Watch.class, ConstructorMapper.of(Watch.class));
        this.watches = new Watches(jdbi);
        this.changes = new Changes(jdbi);
    }

    /**
     * Opens a store, and brings its tables up to date.
     *
     * @param where a file, or {@code postgresql://host/database?user=…} (also with {@code jdbc:} before it)
     * @throws IllegalArgumentException if it cannot be opened, with what to do
     */
    public static Ledger open(String where) {
        boolean postgres = where.startsWith("postgresql:")
                || where.startsWith("jdbc:postgresql:")
                || where.startsWith("postgres:");
        if (!postgres && where.matches("[A-Za-z][A-Za-z0-9+.-]*:.*") && !where.matches("[A-Za-z]:[\\\\/].*")) {
            String scheme = where.substring(0, where.indexOf(':'));
            throw new IllegalArgumentException(
                    "the ledger is in '" + scheme + ":…': it must be a file, or postgresql://host/database");
        }
        DataSource source = postgres ? postgres(where) : sqlite(Path.of(where));
        try {
            Flyway.configure()
                    .dataSource(source)
                    .locations("classpath:dev/backstay/ledger/migrations")
                    .load()
                    .migrate();
        } catch (FlywayException unusable) {
            String name = postgres ? "the PostgreSQL server" : where;
            throw new IllegalArgumentException(
                    "the ledger cannot be opened: " + name + ": " + lastLine(unusable)
                            + "; check the address and the rights, or give another with --ledger",
                    unusable);
        }
        return new Ledger(postgres ? Jdbi.create(source) : Jdbi.create(new OneConnection(source)));
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
        return source;
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

    /** Changes with their evidence. */
    public Changes changes() {
        return changes;
    }
}
