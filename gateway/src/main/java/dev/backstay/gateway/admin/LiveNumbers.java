package dev.backstay.gateway.admin;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.AddressTry;
import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.CallListener;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.GiveUp;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Target;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * What calls do now, as a fold: counted while they happen, looked at once a second. Keeps the last {@value #SECONDS} seconds.
 *
 * <p>Hearing is thread-safe, and takes a lock for failures and new connections only; {@link #tick} and what reads are for one thread.
 */
public final class LiveNumbers implements CallListener {

    /** Seconds shown. */
    static final int SECONDS = 180;

    /** The last minute is made of this many parts. */
    private static final int PARTS = 6;

    static final int PART_SECONDS = 10;
    private static final long LONGEST_MILLIS = TimeUnit.HOURS.toMillis(24);

    /**
     * One second.
     *
     * @param good calls that ended with their whole answer
     * @param failed calls that ended without, but for those whose caller left
     * @param attempts attempts that ended, but for those that were called off
     * @param firstP50 middle of the first tokens in the last {@value #PART_SECONDS} seconds, ms; -1 if there was none
     * @param firstP99 the 99th of a hundred of them
     */
    record Second(long good, long failed, long attempts, long firstP50, long firstP99) {}

    /** What an address of a host did. */
    record Address(String host, String address, AddressTry.Answer answer) {
        private static final Address OTHERS = new Address("others", "", AddressTry.Answer.CONNECTED);
    }

    private final LongAdder good = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder attempts = new LongAdder();
    private final AtomicLong running = new AtomicLong();
    private final LongAdder[][] funnel = new LongAdder[Phase.values().length][Acknowledged.values().length];
    private final Recorder first = new Recorder(LONGEST_MILLIS, 2);
    private final Recent<Cause, Cause.Count> causes = new Recent<>(Cause.OTHERS, Cause.Count::and);
    private final Recent<Address, Long> addresses = new Recent<>(Address.OTHERS, Long::sum);
    private final Recorder gaps = new Recorder(LONGEST_MILLIS, 2);

    private final Deque<Second> seconds = new ArrayDeque<>(SECONDS);
    private final Deque<Histogram> firstParts = new ArrayDeque<>(PARTS);
    private final Deque<Histogram> gapParts = new ArrayDeque<>(PARTS);
    private long goodBefore;
    private long failedBefore;
    private long attemptsBefore;
    private long ticks;

    /** Nothing has happened yet. */
    public LiveNumbers() {
        for (LongAdder[] row : funnel) {
            for (int i = 0; i < row.length; i++) {
                row[i] = new LongAdder();
            }
        }
    }

    @Override
    public void heard(long nowNanos, Call call, Signal signal, Step step) {
        if (signal instanceof Signal.Started) {
            running.incrementAndGet();
        } else if (signal instanceof Signal.FirstEvent event && event.attempt().phase() == Phase.STREAMING) {
            first.recordValue(millis(event.attempt().elapsedNanos(nowNanos)));
        }
        for (Attempt ended : call.diary().justEnded()) {
            ended(ended, call.request().streamed());
        }
        if (step instanceof Step.Finish finish) {
            running.decrementAndGet();
            if (finish.result() instanceof Result.Failed without) {
                failed(call, without);
            } else {
                good.increment();
            }
        }
    }

    private void failed(Call call, Result.Failed without) {
        if (without.reason() != GiveUp.CANCELLED) {
            failed.increment();
            List<Attempt> tries = call.attempts();
            Target last = tries.isEmpty()
                    ? call.request().route().first()
                    : tries.get(tries.size() - 1).target();
            causes.add(
                    Cause.of(last, without.failure()),
                    new Cause.Count(0, 1, without.failure().message()));
        }
    }

    private void ended(Attempt attempt, boolean streamed) {
        for (AddressTry tried : attempt.addresses()) {
            addresses.add(new Address(attempt.target().host(), tried.address(), tried.answer()), 1L);
        }
        if (attempt.outcome().orElse(null) instanceof Outcome.Failed lost) {
            Failure failure = lost.failure();
            if (failure.kind() != FailureKind.CANCELLED) {
                attempts.increment();
                causes.add(Cause.of(attempt.target(), failure), new Cause.Count(1, 0, failure.message()));
                funnel[failure.phase().ordinal()][failure.acknowledged().ordinal()].increment();
            }
        } else {
            attempts.increment();
            funnel[Phase.DONE.ordinal()][Acknowledged.YES.ordinal()].increment();
            if (streamed) {
                gaps.recordValue(millis(attempt.longestPauseNanos()));
            }
        }
    }

    private static long millis(long nanos) {
        return Math.min(LONGEST_MILLIS, Math.max(0, TimeUnit.NANOSECONDS.toMillis(nanos)));
    }

    /** A second has passed. */
    void tick() {
        if (ticks++ % PART_SECONDS == 0) {
            turn(firstParts);
            turn(gapParts);
            causes.turn();
            addresses.turn();
        }
        firstParts.getLast().add(first.getIntervalHistogram());
        gapParts.getLast().add(gaps.getIntervalHistogram());
        long goodNow = good.sum();
        long failedNow = failed.sum();
        long attemptsNow = attempts.sum();
        Histogram lately = firstParts.getLast();
        boolean any = lately.getTotalCount() > 0;
        if (seconds.size() == SECONDS) {
            seconds.removeFirst();
        }
        seconds.add(new Second(
                goodNow - goodBefore,
                failedNow - failedBefore,
                attemptsNow - attemptsBefore,
                any ? lately.getValueAtPercentile(50) : -1,
                any ? lately.getValueAtPercentile(99) : -1));
        goodBefore = goodNow;
        failedBefore = failedNow;
        attemptsBefore = attemptsNow;
    }

    private static void turn(Deque<Histogram> parts) {
        if (parts.size() == PARTS) {
            parts.removeFirst();
        }
        parts.add(new Histogram(LONGEST_MILLIS, 2));
    }

    /** Why attempts failed in those seconds. */
    Map<Cause, Cause.Count> causes() {
        return causes.all();
    }

    /** How often addresses answered so in those seconds, when connections to them were tried. */
    Map<Address, Long> addresses() {
        return addresses.all();
    }

    /** The seconds, oldest first. */
    List<Second> seconds() {
        return new ArrayList<>(seconds);
    }

    /** First tokens of the last minute, in ms. */
    Histogram firstTokens() {
        return sum(firstParts);
    }

    /** The longest pauses of answers that ended in the last minute, in ms. */
    Histogram longestPauses() {
        return sum(gapParts);
    }

    private static Histogram sum(Deque<Histogram> parts) {
        Histogram all = new Histogram(LONGEST_MILLIS, 2);
        parts.forEach(all::add);
        return all;
    }

    /** Attempts that ended in this phase, since the start. */
    long ended(Phase phase, Acknowledged acknowledged) {
        return funnel[phase.ordinal()][acknowledged.ordinal()].sum();
    }

    /** Calls under way. */
    long running() {
        return running.get();
    }
}
