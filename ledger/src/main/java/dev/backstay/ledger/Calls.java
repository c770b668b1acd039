package dev.backstay.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;

/** The lives of calls. Thread-safe, also between processes. */
public final class Calls {

    private static final JsonMapper JSON = new JsonMapper();
    private static final TypeReference<List<Moment>> LIFE = new TypeReference<>() {};

    private static final String COLUMNS =
            "id, source, arrived_ms, took_ms, first_event_ms, operation, workload, priority, host, model, streamed,"
                    + " attempts, outcome, phase, acknowledged, status, gave_up, delivered, message, request_id,"
                    + " prompt_tokens, cached_tokens, completion_tokens, life";

    private static final String SAVE = "INSERT INTO call_record (" + COLUMNS + ")"
            + " VALUES (:id, :source, :arrivedMs, :tookMs, :firstEventMs, :operation, :workload, :priority, :host, :model,"
            + " :wasStreamed, :attempts, :outcome, :phase, :acknowledged, :status, :gaveUp, :wasDelivered, :message,"
            + " :requestId, :promptTokens, :cachedTokens, :completionTokens, :lifeAsJson)"
            + " ON CONFLICT (id, source, arrived_ms) DO NOTHING";

    private final Jdbi jdbi;

    Calls(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Writes records; those that are there already stay as they are. */
    static void save(Handle handle, List<CallRecord> records) {
        if (records.isEmpty()) {
            return;
        }
        PreparedBatch batch = handle.prepareBatch(SAVE);
        for (CallRecord each : records) {
            batch.bindMethods(each)
                    .bind("wasStreamed", each.streamed() ? 1L : 0L)
                    .bind("wasDelivered", each.delivered() ? 1L : 0L)
                    .bind("lifeAsJson", json(each.life()))
                    .add();
        }
        batch.execute();
    }

    /** The newest call of this name, or the newest that the provider names so. */
    public Optional<CallRecord> find(String idOrRequestId) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT " + COLUMNS
                        + " FROM call_record WHERE id = :id OR request_id = :id ORDER BY arrived_ms DESC LIMIT 1")
                .bind("id", idOrRequestId)
                .map((row, context) -> record(row))
                .findFirst());
    }

    /**
     * The newest calls, newest first.
     *
     * @param beforeMs that arrived before this moment, in milliseconds since 1970
     * @param most how many
     */
    public List<CallRecord> newest(long beforeMs, int most) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT " + COLUMNS
                        + " FROM call_record WHERE arrived_ms < :before ORDER BY arrived_ms DESC LIMIT :most")
                .bind("before", beforeMs)
                .bind("most", most)
                .map((row, context) -> record(row))
                .list());
    }

    /** How many there are. */
    public long count() {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT COUNT(*) FROM call_record")
                .mapTo(Long.class)
                .one());
    }

    void forgetBefore(long beforeMs) {
        jdbi.useHandle(handle -> handle.execute("DELETE FROM call_record WHERE arrived_ms < ?", beforeMs));
    }

    void forgetOldest(long howMany) {
        jdbi.useHandle(handle -> handle.execute(
                "DELETE FROM call_record WHERE arrived_ms <= (SELECT MAX(arrived_ms) FROM"
                        + " (SELECT arrived_ms FROM call_record ORDER BY arrived_ms LIMIT ?) AS oldest)",
                howMany));
    }

    private static CallRecord record(ResultSet row) throws SQLException {
        return new CallRecord(
                row.getString("id"),
                row.getString("source"),
                row.getLong("arrived_ms"),
                row.getLong("took_ms"),
                row.getLong("first_event_ms"),
                row.getString("operation"),
                row.getString("workload"),
                row.getString("priority"),
                row.getString("host"),
                row.getString("model"),
                row.getLong("streamed") == 1,
                row.getInt("attempts"),
                row.getString("outcome"),
                row.getString("phase"),
                row.getString("acknowledged"),
                row.getInt("status"),
                row.getString("gave_up"),
                row.getLong("delivered") == 1,
                row.getString("message"),
                row.getString("request_id"),
                row.getLong("prompt_tokens"),
                row.getLong("cached_tokens"),
                row.getLong("completion_tokens"),
                life(row.getString("life")));
    }

    private static String json(List<Moment> life) {
        try {
            return JSON.writeValueAsString(life);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("writing to memory failed", impossible);
        }
    }

    private static List<Moment> life(String json) throws SQLException {
        try {
            return JSON.readValue(json, LIFE);
        } catch (JsonProcessingException foreign) {
            throw new SQLException("the life of a call is not as Backstay writes it", foreign);
        }
    }
}
