package dev.backstay.simulator;

import dev.backstay.core.Attempt;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.GiveUp;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The best that could be done by one who knows the future: when an outage ends, when a limit has room, which attempt is
 * doomed and how long the work takes. It waits, refuses what cannot end in time, and gives up on a doomed attempt at once; it
 * cannot make capacity. One of it leads all calls of a world, first come, first served.
 */
final class OracleLoop implements Policy {

    private static final Duration DAY = Duration.ofHours(24);
    private static final Timeouts PATIENT = new Timeouts(DAY, DAY, DAY, DAY, DAY, DAY);

    /** Doomed attempts skipped in one call; more would be a story in which everything fails. */
    private static final int DOOMED_LIMIT = 1_000;

    private final World world;
    private final List<Target> targets;
    private final Deque<Led> waiting = new ArrayDeque<>();
    private final Map<Target, long[]> onTheWay = new HashMap<>();

    OracleLoop(World world, List<Target> targets) {
        this.world = world;
        this.targets = targets;
    }

    @Override
    public Caller begin(Arrival arrival) {
        return new Led(arrival);
    }

    private void wakeFirst() {
        if (!waiting.isEmpty()) {
            waiting.getFirst().arrival.waker().wake();
        }
    }

    private final class Led implements Caller {
        private final Arrival arrival;
        private final Request request;
        private int number;
        private boolean running;
        private boolean delivered;
        private boolean over;

        private Led(Arrival arrival) {
            this.arrival = arrival;
            this.request = arrival.request().with(PATIENT);
        }

        @Override
        public Step on(Signal signal, long nowNanos) {
            if (over) {
                return Step.CARRY_ON;
            }
            if (signal instanceof Signal.Entered entered) {
                entered.attempt().enter(entered.phase(), nowNanos);
                if (entered.phase() == Phase.AWAITING) {
                    onTheWay(entered.attempt().target(), -1);
                }
                return Step.CARRY_ON;
            }
            if (signal instanceof Signal.FirstEvent first) {
                first.attempt().enter(Phase.STREAMING, nowNanos);
                delivered = true;
                return new Step.Deliver(first.attempt());
            }
            if (signal instanceof Signal.Ended ended && ended.outcome() instanceof Outcome.Completed completed) {
                return finish(new Result.Succeeded(completed.usage()));
            }
            if (signal instanceof Signal.Ended || signal instanceof Signal.TimedOut) {
                running = false;
                waiting.addFirst(this);
                return go(nowNanos);
            }
            if (running) {
                return Step.CARRY_ON;
            }
            if (!waiting.contains(this)) {
                waiting.addLast(this);
            }
            return waiting.getFirst() == this ? go(nowNanos) : waitUntil(Course.NEVER);
        }

        private Step go(long nowNanos) {
            Target target = targets.stream()
                    .min(Comparator.comparingLong(each -> hope(each, nowNanos)))
                    .orElseThrow();
            long hope = hope(target, nowNanos);
            boolean hopeless = hope == Course.NEVER && provider(target).active() == 0;
            long begins = Math.max(nowNanos, hope == Course.NEVER ? nowNanos : hope);
            long work =
                    provider(target).workNanos(arrival.ask(), world.chance().service(arrival.number(), number + 1L));
            if (hopeless
                    || request.deadline().isPast(nowNanos)
                    || request.deadline().isPast(begins + work)) {
                return giveUp();
            }
            if (hope > nowNanos) {
                return waitUntil(hope);
            }
            skipDoomed(target, nowNanos);
            waiting.remove(this);
            wakeFirst();
            running = true;
            onTheWay(target, 1);
            return new Step.Send(new Attempt(++number, request, target, false, 1, nowNanos));
        }

        private void skipDoomed(Target target, long nowNanos) {
            for (int i = 0; i < DOOMED_LIMIT; i++) {
                Fault fault =
                        provider(target).encounter(nowNanos, world.chance().faults(arrival.number(), number + 1L));
                if (fault.kind() == Fault.Kind.NONE) {
                    return;
                }
                number++;
            }
        }

        private Step waitUntil(long nanos) {
            return new Step.Wait(
                    nanos == Course.NEVER
                            ? request.deadline().atNanos()
                            : request.deadline().cap(nanos),
                    Step.Why.BACKOFF);
        }

        private Step giveUp() {
            Failure failure = Failure.of(FailureKind.DEADLINE_EXCEEDED, Phase.QUEUED, "cannot end in time");
            return finish(new Result.Failed(failure, GiveUp.NO_TIME_LEFT, delivered));
        }

        private Step finish(Result how) {
            over = true;
            waiting.remove(this);
            wakeFirst();
            return new Step.Finish(how);
        }

        private long hope(Target target, long nowNanos) {
            long[] ahead = onTheWay.getOrDefault(target, new long[2]);
            return provider(target).hopeNanos(arrival.ask(), (int) ahead[0], ahead[1], nowNanos);
        }

        private void onTheWay(Target target, int more) {
            long[] ahead = onTheWay.computeIfAbsent(target, t -> new long[2]);
            ahead[0] += more;
            ahead[1] += more * arrival.ask().promptTokens();
        }

        private Provider provider(Target target) {
            return world.providers().apply(target);
        }
    }
}
