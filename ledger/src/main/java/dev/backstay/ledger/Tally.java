package dev.backstay.ledger;

import dev.backstay.core.AddressTry;
import dev.backstay.core.Attempt;
import dev.backstay.core.Failure;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Usage;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts attempts by minute, exactly, while they end. What was counted stays here until it was written, however long that takes.
 *
 * <p>A row holds how many there were in its minute, by this source, so a row that is written twice changes nothing. When the clock goes
 * back, rows that were written and forgotten could begin anew from zero; then the source gets another name, and readers add both up.
 *
 * <p>Thread-safe: counting from any thread, {@link #changed} and {@link #written} from one.
 */
final class Tally {

    /** Rows that wait to be written, at most; beyond it hosts, models and addresses are no longer told apart. */
    static final int ROWS_LIMIT = 50_000;

    static final String OTHERS = "others";

    private static final long MINUTE = 60_000;

    /** Rows of so many minutes are kept after they were written, for who counts late. */
    private static final long LATE_MINUTES = 2;

    record AttemptKey(
            long minuteMs,
            String source,
            String host,
            String model,
            String outcome,
            Phase phase,
            String acknowledged,
            int status) {}

    record AddressKey(long minuteMs, String source, String host, String address, AddressTry.Answer answer) {}

    /** Numbers of one row. They are read while others add; what was missed then is seen the next time. */
    static final class Counts {
        private final AtomicLong times = new AtomicLong();
        private final AtomicLong prompt = new AtomicLong();
        private final AtomicLong cached = new AtomicLong();
        private final AtomicLong completion = new AtomicLong();
        private long writtenTimes;

        private void add(Usage usage) {
            if (!usage.equals(Usage.NONE)) {
                prompt.addAndGet(usage.promptTokens());
                cached.addAndGet(usage.cachedTokens());
                completion.addAndGet(usage.completionTokens());
            }
            times.incrementAndGet(); // last, so that who sees it sees the tokens, too
        }
    }

    /** A row as it was when it was read. */
    record Row<K>(K key, Counts counts, long times, long prompt, long cached, long completion) {
        static <K> Row<K> of(K key, Counts counts) {
            long times = counts.times.get();
            return new Row<>(key, counts, times, counts.prompt.get(), counts.cached.get(), counts.completion.get());
        }
    }

    /** What is to be written. */
    record Changed(List<Row<AttemptKey>> attempts, List<Row<AddressKey>> addresses) {
        boolean isEmpty() {
            return attempts.isEmpty() && addresses.isEmpty();
        }
    }

    private final InstantSource clock;
    private final String name;
    private final Map<AttemptKey, Counts> attempts = new ConcurrentHashMap<>();
    private final Map<AddressKey, Counts> addresses = new ConcurrentHashMap<>();
    private volatile String source;
    private volatile long newestMinute;
    private int renamed;

    /** @param name names this process among those that share the store */
    Tally(String name, InstantSource clock) {
        this.name = name;
        this.source = name;
        this.clock = clock;
    }

    /** An attempt ended. */
    void count(Attempt ended) {
        Outcome outcome = ended.outcome().orElse(null);
        if (outcome == null) {
            return;
        }
        long minute = minute();
        boolean full = attempts.size() >= ROWS_LIMIT;
        String host = full ? OTHERS : ended.target().host();
        String model = full ? OTHERS : ended.target().model();
        Failure failure = outcome instanceof Outcome.Failed failed ? failed.failure() : null;
        AttemptKey key = failure == null
                ? new AttemptKey(
                        minute, source, host, model, AttemptTally.COMPLETED, Phase.DONE, acknowledged(ended), 0)
                : new AttemptKey(
                        minute,
                        source,
                        host,
                        model,
                        failure.kind().label(),
                        failure.phase(),
                        failure.acknowledged().label(),
                        failure.status());
        attempts.computeIfAbsent(key, fresh -> new Counts()).add(outcome.usage());
        for (AddressTry tried : ended.addresses()) {
            count(minute, ended.target().host(), tried);
        }
    }

    private static String acknowledged(Attempt ended) {
        return ended.acknowledged().label();
    }

    private void count(long minute, String host, AddressTry tried) {
        boolean full = addresses.size() >= ROWS_LIMIT;
        AddressKey key =
                new AddressKey(minute, source, full ? OTHERS : host, full ? OTHERS : tried.address(), tried.answer());
        addresses.computeIfAbsent(key, fresh -> new Counts()).add(Usage.NONE);
    }

    private long minute() {
        long minute = Math.floorDiv(clock.millis(), MINUTE) * MINUTE;
        long newest = newestMinute;
        if (minute > newest) {
            newestMinute = minute;
        } else if (newest - minute > LATE_MINUTES * MINUTE) {
            rename(minute);
        }
        return minute;
    }

    /** The clock went back. */
    private synchronized void rename(long minute) {
        if (newestMinute - minute > LATE_MINUTES * MINUTE) {
            source = name + "-" + ++renamed;
            newestMinute = minute;
        }
    }

    /** The rows that are not as they were written last. */
    Changed changed() {
        return new Changed(changed(attempts), changed(addresses));
    }

    private static <K> List<Row<K>> changed(Map<K, Counts> rows) {
        List<Row<K>> changed = new ArrayList<>();
        rows.forEach((key, counts) -> {
            if (counts.times.get() != counts.writtenTimes) {
                changed.add(Row.of(key, counts));
            }
        });
        return changed;
    }

    /** These are in the store. Rows of minutes that are over are forgotten. */
    void written(Changed rows) {
        rows.attempts.forEach(row -> row.counts.writtenTimes = row.times);
        rows.addresses.forEach(row -> row.counts.writtenTimes = row.times);
        long until = newestMinute - LATE_MINUTES * MINUTE;
        String now = source;
        attempts.entrySet()
                .removeIf(each -> over(each.getKey().minuteMs, each.getKey().source, until, now, each.getValue()));
        addresses
                .entrySet()
                .removeIf(each -> over(each.getKey().minuteMs, each.getKey().source, until, now, each.getValue()));
    }

    private static boolean over(long minute, String of, long until, String now, Counts counts) {
        return (minute < until || !of.equals(now)) && counts.times.get() == counts.writtenTimes;
    }
}
