package dev.backstay.ledger;

import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatement;

/** The jobs that somebody waits for. Thread-safe, also between processes. */
public final class Watches {

    /** How long a holder that says nothing more is believed to wait. */
    public static final long HOLD_MS = 120_000;

    private static final String COLUMNS = "kind, account, job, wish, began_ms, ready_ms, state, resumes, step, step_ms,"
            + " saved_step, saved_ms, holder, held_ms, ended_ms, ending";

    private final Jdbi jdbi;

    Watches(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** The wait for this job, if there is or was one. */
    public Optional<Watch> find(String kind, String account, String job) {
        return jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT " + COLUMNS + " FROM watch WHERE kind = :kind AND account = :account AND job = :job")
                .bind("kind", kind)
                .bind("account", account)
                .bind("job", job)
                .mapTo(Watch.class)
                .findOne());
    }

    /** All that have not ended, oldest first. */
    public List<Watch> unfinished() {
        return jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT " + COLUMNS + " FROM watch WHERE ended_ms = 0 ORDER BY began_ms, job")
                .mapTo(Watch.class)
                .list());
    }

    /**
     * Takes a wait up as its only holder: the unfinished one that there is, with its clocks, or a new one.
     *
     * @param fresh the wait, if there is none
     * @param holder who waits
     * @return empty if another holder waits for it
     */
    public Optional<Watch> take(Watch fresh, String holder, long nowMs) {
        return jdbi.inTransaction(handle -> {
            bound(
                            handle.createUpdate("INSERT INTO watch (" + COLUMNS
                                    + ") VALUES (:kind, :account, :job, :wish, :beganMs,"
                                    + " :readyMs, :state, :resumes, :step, :stepMs, :savedStep, :savedMs, '', 0, 0, '')"
                                    + " ON CONFLICT (kind, account, job) DO NOTHING"),
                            fresh)
                    .execute();
            int mine = bound(
                            handle.createUpdate("UPDATE watch SET"
                                    + " wish = :wish,"
                                    + " began_ms = CASE WHEN ended_ms = 0 THEN began_ms ELSE :beganMs END,"
                                    + " ready_ms = CASE WHEN ended_ms = 0 THEN ready_ms ELSE 0 END,"
                                    + " resumes = CASE WHEN ended_ms = 0 THEN resumes ELSE 0 END,"
                                    + " ended_ms = 0, ending = '', holder = :me, held_ms = :until"
                                    + " WHERE kind = :kind AND account = :account AND job = :job"
                                    + " AND (holder = '' OR holder = :me OR held_ms < :now)"),
                            fresh)
                    .bind("me", holder)
                    .bind("until", nowMs + HOLD_MS)
                    .bind("now", nowMs)
                    .execute();
            return mine == 0
                    ? Optional.empty()
                    : handle.createQuery("SELECT " + COLUMNS
                                    + " FROM watch WHERE kind = :kind AND account = :account AND job = :job")
                            .bind("kind", fresh.kind())
                            .bind("account", fresh.account())
                            .bind("job", fresh.job())
                            .mapTo(Watch.class)
                            .findOne();
        });
    }

    /** Keeps what is known now, and that its holder still waits. */
    public void keep(Watch watch, long nowMs) {
        jdbi.useHandle(handle -> bound(
                        handle.createUpdate(
                                "UPDATE watch SET wish = :wish, began_ms = :beganMs, ready_ms = :readyMs, state = :state,"
                                        + " resumes = :resumes, step = :step, step_ms = :stepMs, saved_step = :savedStep, saved_ms = :savedMs,"
                                        + " holder = :holder, held_ms = :until, ended_ms = :endedMs, ending = :ending"
                                        + " WHERE kind = :kind AND account = :account AND job = :job"),
                        watch)
                .bind("until", watch.isUnfinished() && !watch.holder().isEmpty() ? nowMs + HOLD_MS : 0)
                .execute());
    }

    /** Lets go of a wait that goes on later, perhaps elsewhere. */
    public void release(Watch watch) {
        jdbi.useHandle(handle -> handle.createUpdate("UPDATE watch SET holder = '', held_ms = 0"
                        + " WHERE kind = :kind AND account = :account AND job = :job AND holder = :holder")
                .bind("kind", watch.kind())
                .bind("account", watch.account())
                .bind("job", watch.job())
                .bind("holder", watch.holder())
                .execute());
    }

    private static <S extends SqlStatement<S>> S bound(S statement, Watch watch) {
        return statement.bindMethods(watch);
    }
}
