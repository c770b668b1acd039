package dev.backstay.ledger;

import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;

/** What providers counted, as far as somebody asked them while it happened. Thread-safe, also between processes. */
public final class ProviderRates {

    private final Jdbi jdbi;

    ProviderRates(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Keeps what was read; what is there already stays as it is. */
    public void add(List<ProviderRate> rates) {
        if (rates.isEmpty()) {
            return;
        }
        jdbi.useTransaction(handle -> {
            PreparedBatch batch =
                    handle.prepareBatch("INSERT INTO provider_rate (at_ms, account, deployment, code, per_second)"
                            + " VALUES (:atMs, :account, :deployment, :code, :perSecond)"
                            + " ON CONFLICT (at_ms, account, deployment, code) DO NOTHING");
            rates.forEach(each -> batch.bindMethods(each).add());
            batch.execute();
        });
    }

    /**
     * What was read of a deployment in this time, oldest first.
     *
     * @param fromMs from this moment on, in milliseconds since 1970
     * @param untilMs and before this one
     */
    public List<ProviderRate> of(String deployment, long fromMs, long untilMs) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT at_ms, account, deployment, code, per_second"
                        + " FROM provider_rate WHERE deployment = :deployment AND at_ms >= :from AND at_ms < :until"
                        + " ORDER BY at_ms, code")
                .bind("deployment", deployment)
                .bind("from", fromMs)
                .bind("until", untilMs)
                .mapTo(ProviderRate.class)
                .list());
    }

    void forgetBefore(long beforeMs) {
        jdbi.useHandle(handle -> handle.execute("DELETE FROM provider_rate WHERE at_ms < ?", beforeMs));
    }
}
