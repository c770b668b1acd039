package dev.backstay.micrometer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;

/**
 * Every metric in our own name space: what it is called, what its labels are, and what it means. Labels come from enums only, so their
 * number is bounded; never a model, a key or a prompt. docs/metrics.md is made of this.
 */
public enum Metric {
    CALLS("backstay.calls", Kind.TIMER, "Calls, by how they ended, and after how long", "outcome", "workload"),
    CALLS_RUNNING("backstay.calls.running", Kind.GAUGE, "Calls that have arrived and not ended"),
    ATTEMPTS(
            "backstay.attempts",
            Kind.COUNTER,
            "Attempts, by how and where they ended; with acknowledged=\"no\" they never reached the provider",
            "outcome",
            "phase",
            "acknowledged",
            "probe"),
    FIRST_EVENT("backstay.first.event", Kind.TIMER, "From sending an attempt to the first event of its answer"),
    WAITS("backstay.waits", Kind.COUNTER, "Pauses of calls, by what they waited for", "why"),
    GATES_SHUT("backstay.gates.shut", Kind.GAUGE, "Places whose gate is not open: they do not answer"),
    CALLS_PARKED("backstay.calls.parked", Kind.GAUGE, "Calls waiting for a silent target"),
    BUDGET_LOWEST("backstay.retry.budget.lowest", Kind.GAUGE, "Units left in the emptiest retry budget, of 100"),
    REFUSED("backstay.refused", Kind.COUNTER, "Requests that no provider was asked about, by why", "code"),
    UPSTREAM_CONNECTIONS("backstay.upstream.connections", Kind.GAUGE, "Connections to APIs that carry an attempt"),
    CALLERS_CONNECTIONS("backstay.callers.connections", Kind.GAUGE, "Connections of callers that are open"),
    ACCESS_LOG_LOST("backstay.access.log.lost", Kind.COUNTER, "Lines of the access log that could not be written"),
    LEDGER_LOST("backstay.ledger.lost", Kind.COUNTER, "Lives of calls that did not fit into the queue of the ledger"),
    LEDGER_WAITING("backstay.ledger.waiting", Kind.GAUGE, "Lives of calls that wait to be written into the ledger"),
    LEDGER_FAILING("backstay.ledger.failing", Kind.GAUGE, "1 while the ledger cannot be written; counters wait"),
    WORK_AT_RISK(
            "backstay.work.at.risk.seconds",
            Kind.GAUGE,
            "Training since its last save, of the trainer in the ledger with the most; a preemption now would lose it");

    /** What it is to who reads it. */
    public enum Kind {
        COUNTER,
        GAUGE,
        TIMER
    }

    private final String id;
    private final Kind kind;
    private final String meaning;
    private final List<String> labels;

    Metric(String id, Kind kind, String meaning, String... labels) {
        this.id = id;
        this.kind = kind;
        this.meaning = meaning;
        this.labels = List.of(labels);
    }

    /** Micrometer's name: {@code backstay.calls}. */
    public String id() {
        return id;
    }

    /** What it is. */
    public Kind kind() {
        return kind;
    }

    /** What it means, in a line. */
    public String meaning() {
        return meaning;
    }

    /** Its labels, besides {@code le} of a timer's buckets. */
    public List<String> labels() {
        return labels;
    }

    /** What Prometheus calls it; of a timer this is the beginning of {@code _bucket}, {@code _count}, {@code _sum} and {@code _max}. */
    public String prometheusName() {
        String plain = id.replace('.', '_');
        return switch (kind) {
            case COUNTER -> plain + "_total";
            case GAUGE -> plain;
            case TIMER -> plain + "_seconds";
        };
    }

    /** For the registry. */
    public Counter.Builder counter() {
        return Counter.builder(id).description(meaning);
    }

    /** For the registry: a count that somebody else keeps. */
    public <T> FunctionCounter.Builder<T> counter(T of, ToDoubleFunction<T> count) {
        return FunctionCounter.builder(id, of, count).description(meaning);
    }

    /** For the registry. */
    public <T> Gauge.Builder<T> gauge(T of, ToDoubleFunction<T> value) {
        return Gauge.builder(id, of, value).description(meaning);
    }

    /** For the registry: with buckets from 10 ms, each twice as long, up to half an hour. */
    public Timer.Builder timer() {
        return Timer.builder(id)
                .description(meaning)
                .serviceLevelObjectives(LongStream.iterate(10, ms -> ms < 2_000_000, ms -> ms * 2)
                        .mapToObj(Duration::ofMillis)
                        .toArray(Duration[]::new));
    }
}
