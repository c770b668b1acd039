package dev.backstay.ledger;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.Jdbi;

/** Changes to resources, with their evidence. Thread-safe, also between processes. */
public final class Changes {

    private static final String SELECT = "SELECT id, at_ms, account, resource, what, evidence, applied FROM change";

    private final Jdbi jdbi;

    Changes(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Keeps a change. */
    public void add(Change change) {
        jdbi.useHandle(handle -> handle.createUpdate(
                        "INSERT INTO change (id, at_ms, account, resource, what, evidence, applied)"
                                + " VALUES (:id, :atMs, :account, :resource, :what, :evidence, :done)")
                .bindMethods(change)
                .bind("done", change.applied() ? 1L : 0L)
                .execute());
    }

    /** The newest changes to a resource, newest first. */
    public List<Change> of(String account, String resource, int most) {
        return jdbi.withHandle(handle -> handle.createQuery(SELECT
                        + " WHERE account = :account AND resource = :resource ORDER BY at_ms DESC, id DESC LIMIT :most")
                .bind("account", account)
                .bind("resource", resource)
                .bind("most", most)
                .map((row, context) -> change(row))
                .list());
    }

    /**
     * The newest changes to anything, newest first.
     *
     * @param sinceMs since this moment, in milliseconds since 1970
     */
    public List<Change> since(long sinceMs, int most) {
        return jdbi.withHandle(
                handle -> handle.createQuery(SELECT + " WHERE at_ms >= :since ORDER BY at_ms DESC, id DESC LIMIT :most")
                        .bind("since", sinceMs)
                        .bind("most", most)
                        .map((row, context) -> change(row))
                        .list());
    }

    private static Change change(ResultSet row) throws SQLException {
        return new Change(
                row.getString("id"),
                row.getLong("at_ms"),
                row.getString("account"),
                row.getString("resource"),
                row.getString("what"),
                row.getString("evidence"),
                row.getLong("applied") == 1);
    }
}
