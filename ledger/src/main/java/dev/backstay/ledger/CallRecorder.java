package dev.backstay.ledger;

import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.CallListener;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Hears calls: counts every attempt, and writes down the lives of those calls that somebody will ask about. Failed, tried more than
 * once, or slow: always; of the rest a sample, by its id, so that all who hear a call choose alike.
 *
 * <p>Thread-safe. Never blocks: what does not fit into the queue is counted as lost.
 */
final class CallRecorder implements CallListener {

    /** Records that wait to be written. */
    static final int QUEUE_LIMIT = 10_000;

    private static final int HASHES = 1 << 16;

    private final String source;
    private final Tally tally;
    private final Keeping keeping;
    private final InstantSource clock;
    private final BlockingQueue<CallRecord> waiting = new ArrayBlockingQueue<>(QUEUE_LIMIT);
    private final AtomicLong lost = new AtomicLong();

    CallRecorder(String source, Tally tally, Keeping keeping, InstantSource clock) {
        this.source = source;
        this.tally = tally;
        this.keeping = keeping;
        this.clock = clock;
    }

    @Override
    public void heard(long nowNanos, Call call, Signal signal, Step step) {
        for (Attempt ended : call.diary().justEnded()) {
            tally.count(ended);
        }
        if (step instanceof Step.Finish finish && isWorthIt(call, finish.result())) {
            if (waiting.remainingCapacity() == 0
                    || !waiting.offer(Life.of(call, finish.result(), source, nowNanos, clock.millis()))) {
                lost.incrementAndGet();
            }
        }
    }

    private boolean isWorthIt(Call call, Result result) {
        return !result.succeeded()
                || call.attemptsSent() > 1
                || Life.firstEventNanos(call).orElse(0) >= keeping.slow().toNanos()
                || (spread(call.request().id().hashCode()) & (HASHES - 1)) < keeping.sample() * HASHES;
    }

    /** Ids that differ little get hashes that differ little. */
    private static int spread(int hash) {
        int mixed = hash * 0x9E3779B9;
        return mixed ^ mixed >>> 16;
    }

    /** Takes what waits, the oldest first. */
    List<CallRecord> take() {
        List<CallRecord> records = new ArrayList<>();
        waiting.drainTo(records);
        return records;
    }

    /** These could not be written, and go back if there is room; the newest are lost if there is none. */
    void putBack(List<CallRecord> records) {
        for (CallRecord each : records) {
            if (!waiting.offer(each)) {
                lost.incrementAndGet();
            }
        }
    }

    int waiting() {
        return waiting.size();
    }

    /** Records that did not fit. */
    long lost() {
        return lost.get();
    }
}
