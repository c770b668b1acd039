package dev.backstay.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.statement.Cleanable;
import org.jspecify.annotations.Nullable;

/** One connection to a file, opened once and used by one thread at a time: opening costs ten times as much as using it. */
final class OneConnection implements ConnectionFactory {

    private final DataSource source;
    private final ReentrantLock lock = new ReentrantLock();
    private final Path file;
    private @Nullable Connection open;
    private @Nullable Object key;

    OneConnection(DataSource source, Path file) {
        this.source = source;
        this.file = file;
    }

    /** Whether the file that is open is the one that has its name. */
    boolean isThere() {
        lock.lock();
        try {
            return open == null || Objects.equals(key, key());
        } catch (IOException gone) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Object key() throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    void close() {
        lock.lock();
        try {
            if (open != null) {
                open.close();
                open = null;
            }
        } catch (SQLException unusable) {
            open = null;
        } finally {
            lock.unlock();
        }
    }

    @Override
    @SuppressWarnings("LockNotBeforeTry") // let go of when JDBI gives the connection back
    public Connection openConnection() throws SQLException {
        lock.lock();
        try {
            if (open == null || open.isClosed()) {
                open = source.getConnection();
                key = key();
            }
            return open;
        } catch (IOException gone) {
            lock.unlock();
            throw new SQLException(file + " is gone", gone);
        } catch (SQLException | RuntimeException unusable) {
            lock.unlock();
            throw unusable;
        }
    }

    @Override
    public Cleanable getCleanableFor(Connection connection) {
        return lock::unlock;
    }
}
