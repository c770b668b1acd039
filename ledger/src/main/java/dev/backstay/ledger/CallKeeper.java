package dev.backstay.ledger;

import dev.backstay.core.CallListener;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what calls do, each second, on a thread of its own. Calls never wait for it: a store that is slow, locked, full or gone is
 * noticed here only, and told of by {@link #state}. It is opened here, too, and opened again when it fails.
 *
 * <p>Counters wait in memory until they are written. Records wait in a queue; what does not fit is lost, and counted.
 *
 * <p>Thread-safe.
 */
public final class CallKeeper implements AutoCloseable {

    /** How long the last writing may keep a process that stops. */
    private static final long LAST_SECONDS = 5;

    private static final long EVERY_SECONDS = 1;

    /** While the store fails it is tried less and less often, down to this. */
    private static final long SELDOM_SECONDS = 30;

    private static final long LOOK_EVERY_SECONDS = 10;

    /** A job that has said nothing for so long is not one of now. */
    private static final long SILENT_MS = TimeUnit.HOURS.toMillis(1);

    /** A store that has not answered for so long is one that has a problem. */
    private static final long SLOW_MS = 3_000;

    private static final long IDLE = 0;

    private static final long DAY_MS = TimeUnit.DAYS.toMillis(1);

    /** Changes that are looked at. */
    private static final int CHANGES_LIMIT = 20;

    private static final long SWEEP_EVERY_SECONDS = Sweeper.EVERY.toSeconds();

    private static final Logger LOG = LoggerFactory.getLogger(CallKeeper.class);

    /**
     * How the keeping goes.
     *
     * @param problem what is wrong with the store now; empty if nothing is
     * @param written when it was written to last
     * @param waiting records that wait
     * @param kept records that were written
     * @param lost records that did not fit
     * @param jobs of now that the store knows of, as they were up to {@value #LOOK_EVERY_SECONDS} s ago
     * @param changes to deployments in the last day, as far as they are in the store, the newest first
     */
    public record State(
            Optional<String> problem,
            Optional<Instant> written,
            int waiting,
            long kept,
            long lost,
            List<Watch> jobs,
            List<Change> changes) {}

    private final OpenLedger ledger;
    private final InstantSource clock;
    private final Tally tally;
    private final CallRecorder recorder;
    private final Sweeper sweeper;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "backstay-ledger");

    private final AtomicLong kept = new AtomicLong();
    private volatile @Nullable String problem;
    private volatile @Nullable Instant written;
    private volatile List<Watch> jobs = List.of();
    private volatile List<Change> changes = List.of();
    private volatile long askedMs = IDLE;

    /**
     * @param store opens it; what it throws says what is wrong
     * @param source names this process among those that share the store
     */
    CallKeeper(Supplier<Ledger> store, Keeping keeping, String source, InstantSource clock) {
        this.ledger = new OpenLedger(store);
        this.clock = clock;
        this.tally = new Tally(source, clock);
        this.recorder = new CallRecorder(source, tally, keeping, clock);
        this.sweeper = new Sweeper(keeping, clock);
    }

    /**
     * Starts keeping.
     *
     * @param where as for {@link Ledger#open}; it need not be there yet
     * @param source names this process among those that share the store, and no other one before or after it
     */
    public static CallKeeper start(String where, Keeping keeping, String source, InstantSource clock) {
        CallKeeper keeper = new CallKeeper(() -> Ledger.open(where), keeping, source, clock);
        keeper.thread.setDaemon(true);
        keeper.thread.start();
        return keeper;
    }

    /** Who hears the calls. */
    public CallListener listener() {
        return recorder;
    }

    /** How it goes. */
    public State state() {
        return new State(
                problem(),
                Optional.ofNullable(written),
                recorder.waiting(),
                kept.get(),
                recorder.lost(),
                jobs,
                changes);
    }

    private Optional<String> problem() {
        long asked = askedMs;
        long silentMs = asked == IDLE ? 0 : clock.millis() - asked;
        return problem == null && silentMs > SLOW_MS
                ? Optional.of("it has not answered for " + silentMs / 1_000 + " s")
                : Optional.ofNullable(problem);
    }

    private void run() {
        long pause = write() ? EVERY_SECONDS : 2 * EVERY_SECONDS; // so that it is open when there is something
        long untilSweep = 0;
        long untilLook = 0;
        try {
            while (!stop.await(pause, TimeUnit.SECONDS)) {
                boolean good = write();
                untilSweep -= pause;
                untilLook -= pause;
                if (good && untilSweep <= 0) {
                    good = with(sweeper::sweep);
                    untilSweep = SWEEP_EVERY_SECONDS;
                }
                if (good && untilLook <= 0) {
                    good = with(this::look);
                    untilLook = LOOK_EVERY_SECONDS;
                }
                pause = good ? EVERY_SECONDS : Math.min(SELDOM_SECONDS, pause * 2);
            }
        } catch (InterruptedException stopped) {
            // a last time below
        }
        write();
        ledger.close();
    }

    /** Writes what has changed; if that fails, it waits on. SQLite's native library needs room on a disk, too. */
    boolean write() {
        Tally.Changed rows = tally.changed();
        List<CallRecord> records = recorder.take();
        askedMs = clock.millis();
        try {
            Ledger here = ledger.get();
            if (!rows.isEmpty() || !records.isEmpty()) {
                here.keep(rows, records);
                kept.addAndGet(records.size());
            }
            tally.written(rows);
            written = clock.instant();
            good();
            return true;
        } catch (RuntimeException | LinkageError unusable) {
            recorder.putBack(records);
            bad(unusable);
            return false;
        } finally {
            askedMs = IDLE;
        }
    }

    /** What other processes have written. */
    private void look(Ledger ledger) {
        long now = clock.millis();
        jobs = ledger.watches().current(now - SILENT_MS);
        changes = ledger.changes().since(now - DAY_MS, CHANGES_LIMIT);
    }

    private boolean with(Consumer<Ledger> work) {
        askedMs = clock.millis();
        try {
            work.accept(ledger.get());
            return true;
        } catch (RuntimeException | LinkageError unusable) {
            bad(unusable);
            return false;
        } finally {
            askedMs = IDLE;
        }
    }

    private void good() {
        if (problem != null) {
            LOG.info("the ledger is written again; {} records were lost meanwhile", recorder.lost());
            problem = null;
        }
    }

    private void bad(Throwable unusable) {
        String what = Ledger.problem(unusable);
        if (!what.equals(problem)) {
            LOG.warn("the ledger cannot be written, and calls go on without it: {}", what);
            problem = what;
        }
        ledger.close();
    }

    /** Writes a last time, if that takes no longer than {@value #LAST_SECONDS} s, and stops. */
    @Override
    public void close() {
        stop.countDown();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(LAST_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
