package dev.backstay.ledger;

import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;

/** The counters of all processes that share the store, added up. Thread-safe, also between processes. */
public final class Tallies {

    private static final String SAVE_ATTEMPTS =
            "INSERT INTO attempt_tally (minute_ms, source, host, model, outcome, phase, acknowledged, status,"
                    + " attempts, prompt_tokens, cached_tokens, completion_tokens)"
                    + " VALUES (:minute, :source, :host, :model, :outcome, :phase, :acknowledged, :status,"
                    + " :times, :prompt, :cached, :completion)"
                    + " ON CONFLICT (minute_ms, source, host, model, outcome, phase, acknowledged, status)"
                    + " DO UPDATE SET attempts = excluded.attempts, prompt_tokens = excluded.prompt_tokens,"
                    + " cached_tokens = excluded.cached_tokens, completion_tokens = excluded.completion_tokens";

    private static final String SAVE_ADDRESSES =
            "INSERT INTO address_tally (minute_ms, source, host, address, answer, tries)"
                    + " VALUES (:minute, :source, :host, :address, :answer, :times)"
                    + " ON CONFLICT (minute_ms, source, host, address, answer) DO UPDATE SET tries = excluded.tries";

    private final Jdbi jdbi;

    Tallies(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Writes rows as they are now, whatever was there of them. */
    static void save(Handle handle, Tally.Changed rows) {
        if (!rows.attempts().isEmpty()) {
            PreparedBatch batch = handle.prepareBatch(SAVE_ATTEMPTS);
            for (Tally.Row<Tally.AttemptKey> row : rows.attempts()) {
                Tally.AttemptKey key = row.key();
                batch.bind("minute", key.minuteMs())
                        .bind("source", key.source())
                        .bind("host", key.host())
                        .bind("model", key.model())
                        .bind("outcome", key.outcome())
                        .bind("phase", key.phase().label())
                        .bind("acknowledged", key.acknowledged())
                        .bind("status", key.status())
                        .bind("times", row.times())
                        .bind("prompt", row.prompt())
                        .bind("cached", row.cached())
                        .bind("completion", row.completion())
                        .add();
            }
            batch.execute();
        }
        if (!rows.addresses().isEmpty()) {
            PreparedBatch batch = handle.prepareBatch(SAVE_ADDRESSES);
            for (Tally.Row<Tally.AddressKey> row : rows.addresses()) {
                Tally.AddressKey key = row.key();
                batch.bind("minute", key.minuteMs())
                        .bind("source", key.source())
                        .bind("host", key.host())
                        .bind("address", key.address())
                        .bind("answer", key.answer().label())
                        .bind("times", row.times())
                        .add();
            }
            batch.execute();
        }
    }

    /**
     * What attempts came to in the minutes that begin in this time, oldest first.
     *
     * @param fromMs from this moment on, in milliseconds since 1970
     * @param untilMs and before this one
     */
    public List<AttemptTally> attempts(long fromMs, long untilMs) {
        return jdbi.withHandle(
                handle -> handle.createQuery("SELECT minute_ms, host, model, outcome, phase, acknowledged, status,"
                                + " CAST(SUM(attempts) AS BIGINT) AS attempts,"
                                + " CAST(SUM(prompt_tokens) AS BIGINT) AS prompt_tokens,"
                                + " CAST(SUM(cached_tokens) AS BIGINT) AS cached_tokens,"
                                + " CAST(SUM(completion_tokens) AS BIGINT) AS completion_tokens FROM attempt_tally"
                                + " WHERE minute_ms >= :from AND minute_ms < :until"
                                + " GROUP BY minute_ms, host, model, outcome, phase, acknowledged, status"
                                + " ORDER BY minute_ms, host, model, outcome, phase, acknowledged, status")
                        .bind("from", fromMs)
                        .bind("until", untilMs)
                        .mapTo(AttemptTally.class)
                        .list());
    }

    /**
     * What addresses did in the minutes that begin in this time, oldest first.
     *
     * @param fromMs from this moment on, in milliseconds since 1970
     * @param untilMs and before this one
     */
    public List<AddressTally> addresses(long fromMs, long untilMs) {
        return jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT minute_ms, host, address, answer, CAST(SUM(tries) AS BIGINT) AS tries"
                                + " FROM address_tally WHERE minute_ms >= :from AND minute_ms < :until"
                                + " GROUP BY minute_ms, host, address, answer"
                                + " ORDER BY minute_ms, host, address, answer")
                .bind("from", fromMs)
                .bind("until", untilMs)
                .mapTo(AddressTally.class)
                .list());
    }

    void forgetBefore(long beforeMs) {
        jdbi.useTransaction(handle -> {
            handle.execute("DELETE FROM attempt_tally WHERE minute_ms < ?", beforeMs);
            handle.execute("DELETE FROM address_tally WHERE minute_ms < ?", beforeMs);
        });
    }
}
