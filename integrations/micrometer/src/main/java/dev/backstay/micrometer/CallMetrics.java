package dev.backstay.micrometer;

import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.CallListener;
import dev.backstay.core.Engine;
import dev.backstay.core.Failure;
import dev.backstay.core.Gate;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Result;
import dev.backstay.core.RetryBudget;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.TargetState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/**
 * What calls, attempts and waits came to, as a fold over {@link CallListener}. {@link Metric} says what each is.
 *
 * <p>Attempts that failed with {@code acknowledged="no"} never reached the provider: its dashboard cannot show them.
 *
 * <p>Thread-safe.
 */
public final class CallMetrics implements CallListener {

    private record AttemptLabels(String outcome, Phase phase, String acknowledged, boolean probe) {}

    private record CallLabels(String outcome, String workload) {}

    private final MeterRegistry registry;
    private final Map<AttemptLabels, Counter> attempts = new ConcurrentHashMap<>();
    private final Map<CallLabels, Timer> calls = new ConcurrentHashMap<>();
    private final Map<Step.Why, Counter> waits = new ConcurrentHashMap<>();
    private final Timer firstEvent;
    private final AtomicLong running = new AtomicLong();

    /** Meters in this registry. */
    public CallMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.firstEvent = Metric.FIRST_EVENT.timer().register(registry);
        Metric.CALLS_RUNNING.gauge(running, AtomicLong::get).register(registry);
    }

    /** Shows the state of the engine's targets, too, all together. */
    public void show(Engine engine, LongSupplier now) {
        gauge(engine, Metric.GATES_SHUT, gate -> gate.state() == Gate.State.OPEN ? 0.0 : 1.0);
        gauge(engine, Metric.CALLS_PARKED, Gate::parked);
        Metric.BUDGET_LOWEST
                .gauge(
                        engine,
                        e -> e.targets().values().stream()
                                .mapToDouble(state -> state.budget().balance(now.getAsLong()))
                                .min()
                                .orElse(RetryBudget.CAPACITY))
                .register(registry);
    }

    /** A sum over all gates; keys that ask the same place share one. */
    private void gauge(Engine engine, Metric metric, ToDoubleFunction<Gate> value) {
        metric.gauge(
                        engine,
                        e -> e.targets().values().stream()
                                .map(TargetState::gate)
                                .distinct()
                                .mapToDouble(value)
                                .sum())
                .register(registry);
    }

    @Override
    public void heard(long nowNanos, Call call, Signal signal, Step step) {
        if (signal instanceof Signal.FirstEvent first) {
            firstEvent.record(first.attempt().elapsedNanos(nowNanos), TimeUnit.NANOSECONDS);
        } else if (signal instanceof Signal.Started) {
            running.incrementAndGet();
        }
        for (Attempt ended : call.diary().justEnded()) {
            attempt(ended);
        }
        if (step instanceof Step.Wait wait) {
            waits.computeIfAbsent(
                            wait.why(),
                            why -> Metric.WAITS
                                    .counter()
                                    .tag("why", why.label())
                                    .register(registry))
                    .increment();
        } else if (step instanceof Step.Finish finish) {
            finished(nowNanos, call, finish.result());
        }
    }

    private void attempt(Attempt attempt) {
        attempt.outcome()
                .ifPresent(outcome -> attempts.computeIfAbsent(labels(attempt, outcome), this::counter)
                        .increment());
    }

    private static AttemptLabels labels(Attempt attempt, Outcome outcome) {
        if (outcome instanceof Outcome.Failed failed) {
            Failure failure = failed.failure();
            return new AttemptLabels(
                    failure.kind().label(),
                    failure.phase(),
                    failure.acknowledged().label(),
                    attempt.isProbe());
        }
        return new AttemptLabels("completed", Phase.DONE, attempt.acknowledged().label(), attempt.isProbe());
    }

    private Counter counter(AttemptLabels labels) {
        return Metric.ATTEMPTS
                .counter()
                .tag("outcome", labels.outcome)
                .tag("phase", labels.phase.label())
                .tag("acknowledged", labels.acknowledged)
                .tag("probe", Boolean.toString(labels.probe))
                .register(registry);
    }

    private void finished(long nowNanos, Call call, Result result) {
        running.decrementAndGet();
        String outcome =
                result instanceof Result.Failed failed ? failed.reason().label() : "succeeded";
        calls.computeIfAbsent(
                        new CallLabels(outcome, call.request().workload().label()),
                        labels -> Metric.CALLS
                                .timer()
                                .tag("outcome", labels.outcome)
                                .tag("workload", labels.workload)
                                .register(registry))
                .record(nowNanos - call.diary().beganNanos(), TimeUnit.NANOSECONDS);
    }
}
