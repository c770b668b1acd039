package dev.backstay.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.statement.Cleanable;
import org.jspecify.annotations.Nullable;

/** One connection to a file, opened once and used by one thread at a time: opening costs ten times as much as using it. */
final class OneConnection implements ConnectionFactory {

    private final DataSource source;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Connection open;

    OneConnection(DataSource source) {
        this.source = source;
    }

    @Override
    @SuppressWarnings("LockNotBeforeTry") // let go of when JDBI gives the connection back
    public Connection openConnection() throws SQLException {
        lock.lock();
        try {
            if (open == null || open.isClosed()) {
                open = source.getConnection();
            }
            return open;
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
