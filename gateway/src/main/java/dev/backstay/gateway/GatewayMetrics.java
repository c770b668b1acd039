package dev.backstay.gateway;

import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.CallListener;
import dev.backstay.core.Engine;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Gate;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Result;
import dev.backstay.core.RetryBudget;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.TargetState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;

/**
 * Metrics, as a fold over {@link CallListener}. Labels come from enums only, so their number is bounded; never a model, a
 * key or a prompt. Thread-safe.
 */
final class GatewayMetrics implements CallListener {

    private record AttemptLabels(String outcome, Phase phase, String acknowledged, boolean probe) {}

    private record CallLabels(String outcome, String workload) {}

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<AttemptLabels, Counter> attempts = new ConcurrentHashMap<>();
    private final Map<CallLabels, Timer> calls = new ConcurrentHashMap<>();
    private final Map<Step.Why, Counter> waits = new ConcurrentHashMap<>();
    private final Timer firstEvent = timer("backstay.first.event", "From sending an attempt to the first event")
            .register(registry);
    private final AtomicLong running = new AtomicLong();

    GatewayMetrics() {
        Gauge.builder("backstay.calls.running", running, AtomicLong::get)
                .description("Calls that have arrived and not ended")
                .register(registry);
    }

    /** Shows the state of the engine's targets, all together. */
    void show(Engine engine, LongSupplier now) {
        gauge(
                engine,
                "backstay.gates.shut",
                "Places whose gate is not open",
                gate -> gate.state() == Gate.State.OPEN ? 0.0 : 1.0);
        gauge(engine, "backstay.calls.parked", "Calls waiting for a silent target", Gate::parked);
        Gauge.builder(
                        "backstay.retry.budget.lowest",
                        engine,
                        e -> e.targets().values().stream()
                                .mapToDouble(state -> state.budget().balance(now.getAsLong()))
                                .min()
                                .orElse(RetryBudget.CAPACITY))
                .description("Units left in the emptiest retry budget")
                .register(registry);
    }

    /** A sum over all gates; keys that ask the same place share one. */
    private void gauge(Engine engine, String name, String text, ToDoubleFunction<Gate> value) {
        Gauge.builder(
                        name,
                        engine,
                        e -> e.targets().values().stream()
                                .map(TargetState::gate)
                                .distinct()
                                .mapToDouble(value)
                                .sum())
                .description(text)
                .register(registry);
    }

    /** Everything, as Prometheus reads it. */
    String scrape() {
        return registry.scrape();
    }

    @Override
    public void heard(long nowNanos, Call call, Signal signal, Step step) {
        if (signal instanceof Signal.Ended ended) {
            attempt(ended.attempt());
        } else if (signal instanceof Signal.TimedOut late) {
            attempt(late.attempt());
        } else if (signal instanceof Signal.FirstEvent first) {
            firstEvent.record(first.attempt().elapsedNanos(nowNanos), TimeUnit.NANOSECONDS);
        } else if (signal instanceof Signal.Cancelled && !call.attempts().isEmpty()) {
            Attempt last = call.attempts().get(call.attempts().size() - 1);
            if (last.endedBy(FailureKind.CANCELLED)) {
                attempt(last);
            }
        } else if (signal instanceof Signal.Started) {
            running.incrementAndGet();
        }
        if (step instanceof Step.Wait wait) {
            waits.computeIfAbsent(
                            wait.why(),
                            why -> Counter.builder("backstay.waits")
                                    .description("Pauses of calls, by what they waited for")
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
        return Counter.builder("backstay.attempts")
                .description("Attempts, by how and where they ended")
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
        long arrived = call.request().deadline().atNanos()
                - call.request().timeouts().total().toNanos();
        calls.computeIfAbsent(
                        new CallLabels(outcome, call.request().workload().label()),
                        labels -> timer("backstay.calls", "Calls, by how they ended")
                                .tag("outcome", labels.outcome)
                                .tag("workload", labels.workload)
                                .register(registry))
                .record(nowNanos - arrived, TimeUnit.NANOSECONDS);
    }

    private static Timer.Builder timer(String name, String text) {
        return Timer.builder(name)
                .description(text)
                .serviceLevelObjectives(LongStream.iterate(10, ms -> ms < 2_000_000, ms -> ms * 2)
                        .mapToObj(Duration::ofMillis)
                        .toArray(Duration[]::new));
    }
}
