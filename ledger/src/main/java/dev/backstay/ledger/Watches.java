package dev.backstay.ledger;

import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatement;

/** The jobs that somebody waits for. Thread-safe, also between processes. */
public final class Watches {

    /** How long a holder that says nothing more is believed to wait. */
    public static final long HOLD_MS = 600_000;

    /** A job that did its work for so long after a wait has recovered: what was tried before no longer counts. */
    public static final long RECOVERED_MS = 600_000;

    /** Jobs of now that are looked at. */
    public static final int CURRENT_LIMIT = 100;

    private static final String COLUMNS =
            "kind, account, job, wish, began_ms, ready_ms, state, resumes, resumed_ms, step, step_ms,"
                    + " saved_step, saved_ms, holder, held_ms, ended_ms, ending";

    private static final String SAME = " WHERE kind = :kind AND account = :account AND job = :job";

    private final Jdbi jdbi;

    Watches(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** The wait for this job, if there is or was one. */
    public Optional<Watch> find(String kind, String account, String job) {
        return jdbi.withHandle(handle -> row(handle, kind, account, job));
    }

    /** All that have not ended, oldest first. */
    public List<Watch> unfinished() {
        return jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT " + COLUMNS + " FROM watch WHERE ended_ms = 0 ORDER BY began_ms, job")
                .mapTo(Watch.class)
                .list());
    }

    /**
     * The jobs of now: those that somebody waits for, and those that have said how far they have come.
     *
     * @param sinceMs since this moment, in milliseconds since 1970
     */
    public List<Watch> current(long sinceMs) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT " + COLUMNS
                        + " FROM watch WHERE ended_ms = 0 OR step_ms >= :since ORDER BY began_ms, job LIMIT "
                        + CURRENT_LIMIT)
                .bind("since", sinceMs)
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
            insert(handle, fresh);
            int mine = bound(
                            handle.createUpdate("UPDATE watch SET wish = :wish,"
                                    + " began_ms = CASE WHEN ended_ms = 0 THEN began_ms ELSE :beganMs END,"
                                    + " ready_ms = CASE WHEN ended_ms = 0 THEN ready_ms ELSE 0 END,"
                                    + " resumes = CASE WHEN ended_ms = 0 OR ended_ms > :lately THEN resumes ELSE 0 END,"
                                    + " ended_ms = 0, ending = '', holder = :me, held_ms = :until" + SAME
                                    + " AND (holder = '' OR holder = :me OR held_ms < :now)"),
                            fresh)
                    .bind("me", holder)
                    .bind("lately", nowMs - RECOVERED_MS)
                    .bind("until", nowMs + HOLD_MS)
                    .bind("now", nowMs)
                    .execute();
            return mine == 0 ? Optional.empty() : row(handle, fresh.kind(), fresh.account(), fresh.job());
        });
    }

    /**
     * Keeps how a wait goes, and that its holder still waits. Who was taken for gone and lost the wait to another keeps nothing.
     *
     * @return the row, with the progress that others have kept, and with who holds it now
     */
    public Watch keep(Watch watch, String holder, long nowMs) {
        return jdbi.inTransaction(handle -> {
            bound(
                            handle.createUpdate(
                                    "UPDATE watch SET wish = :wish, began_ms = :beganMs, ready_ms = :readyMs,"
                                            + " state = :state, resumes = :resumes, resumed_ms = :resumedMs, holder = :holder, held_ms = :until,"
                                            + " ended_ms = :endedMs, ending = :ending" + SAME + " AND holder = :me"),
                            watch)
                    .bind("me", holder)
                    .bind("until", watch.isUnfinished() ? nowMs + HOLD_MS : 0)
                    .execute();
            return row(handle, watch.kind(), watch.account(), watch.job()).orElse(watch);
        });
    }

    /** A job has come so far, so a wait that nobody holds is over; if nobody ever waited for it, it is known from now on. */
    public void reached(String kind, String account, String job, long step, long nowMs) {
        jdbi.useTransaction(handle -> {
            insert(handle, Watch.begun(kind, account, job, "reconnect", nowMs).ended("never waited for", nowMs));
            of(
                            handle.createUpdate("UPDATE watch SET step = :step, step_ms = :now, resumes = 0,"
                                    + " ending = CASE WHEN ended_ms = 0 AND held_ms < :now THEN 'it trains' ELSE ending END,"
                                    + " ended_ms = CASE WHEN ended_ms = 0 AND held_ms < :now THEN :now ELSE ended_ms END"
                                    + SAME
                                    + " AND step <> :step"),
                            kind,
                            account,
                            job)
                    .bind("step", step)
                    .bind("now", nowMs)
                    .execute();
        });
    }

    /** This step of a job was saved. */
    public void saved(String kind, String account, String job, long step, long nowMs) {
        jdbi.useHandle(handle -> of(
                        handle.createUpdate("UPDATE watch SET saved_step = :step, saved_ms = :now" + SAME),
                        kind,
                        account,
                        job)
                .bind("step", step)
                .bind("now", nowMs)
                .execute());
    }

    /** Lets go of a wait that goes on later, perhaps elsewhere. */
    public void release(Watch watch) {
        jdbi.useHandle(handle -> of(
                        handle.createUpdate(
                                "UPDATE watch SET holder = '', held_ms = 0" + SAME + " AND holder = :holder"),
                        watch.kind(),
                        watch.account(),
                        watch.job())
                .bind("holder", watch.holder())
                .execute());
    }

    private static void insert(Handle handle, Watch watch) {
        bound(
                        handle.createUpdate("INSERT INTO watch (" + COLUMNS + ") VALUES (:kind, :account, :job, :wish,"
                                + " :beganMs, :readyMs, :state, :resumes, :resumedMs, :step, :stepMs, :savedStep, :savedMs, '', 0,"
                                + " :endedMs, :ending) ON CONFLICT (kind, account, job) DO NOTHING"),
                        watch)
                .execute();
    }

    private static Optional<Watch> row(Handle handle, String kind, String account, String job) {
        return of(handle.createQuery("SELECT " + COLUMNS + " FROM watch" + SAME), kind, account, job)
                .mapTo(Watch.class)
                .findOne();
    }

    private static <S extends SqlStatement<S>> S of(S statement, String kind, String account, String job) {
        return statement.bind("kind", kind).bind("account", account).bind("job", job);
    }

    private static <S extends SqlStatement<S>> S bound(S statement, Watch watch) {
        return statement.bindMethods(watch);
    }
}
