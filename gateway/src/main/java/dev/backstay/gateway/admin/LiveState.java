package dev.backstay.gateway.admin;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.backstay.core.Acknowledged;
import dev.backstay.core.AddressTry;
import dev.backstay.core.Engine;
import dev.backstay.core.Gate;
import dev.backstay.core.Phase;
import dev.backstay.core.RetryBudget;
import dev.backstay.core.Target;
import dev.backstay.core.TargetState;
import dev.backstay.ledger.CallKeeper;
import dev.backstay.ledger.Change;
import dev.backstay.ledger.Watch;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;

/** What the page shows, as JSON, made anew each second. For one thread. */
final class LiveState {

    /** Targets shown, those that do not answer first, then those with most in flight. */
    static final int TARGETS_SHOWN = 50;

    /** Reasons of failures shown, the costliest first. */
    static final int CAUSES_SHOWN = 8;

    /** Addresses shown. */
    static final int ADDRESSES_SHOWN = 20;

    private static final int MINUTE_SECONDS = 60;
    private static final JsonMapper JSON = new JsonMapper();

    /**
     * What neither calls nor targets know.
     *
     * @param draining whether new calls are refused
     * @param callers connections of callers
     * @param ledger how its writing goes; empty if it is off
     */
    record Around(boolean draining, int callers, Optional<CallKeeper.State> ledger) {}

    private record Moment(int parked, int waiting, double budget) {}

    private final Engine engine;
    private final LiveNumbers numbers;
    private final String listens;
    private final long startedMs;
    private final Deque<Moment> moments = new ArrayDeque<>();
    private final Map<Target, Deque<Double>> used = new HashMap<>();

    /**
     * @param listens where callers connect
     * @param startedMs since when, in milliseconds since 1970
     */
    LiveState(Engine engine, LiveNumbers numbers, String listens, long startedMs) {
        this.engine = engine;
        this.numbers = numbers;
        this.listens = listens;
        this.startedMs = startedMs;
    }

    /** A second has passed. */
    void tick(long nowNanos) {
        numbers.tick();
        Map<Target, TargetState> targets = engine.targets();
        if (moments.size() == LiveNumbers.SECONDS) {
            moments.removeFirst();
        }
        moments.add(new Moment(
                targets.values().stream()
                        .map(TargetState::gate)
                        .distinct()
                        .mapToInt(Gate::parked)
                        .sum(),
                targets.values().stream()
                        .map(TargetState::limiter)
                        .distinct()
                        .mapToInt(each -> each.waiting())
                        .sum(),
                targets.values().stream()
                        .mapToDouble(each -> each.budget().balance(nowNanos))
                        .min()
                        .orElse(RetryBudget.CAPACITY)));
        used.keySet().retainAll(targets.keySet());
        shown(targets).forEach(each -> {
            Deque<Double> series = used.computeIfAbsent(each.target(), fresh -> new ArrayDeque<>());
            if (series.size() == LiveNumbers.SECONDS) {
                series.removeFirst();
            }
            series.add(each.limiter().usedNow(nowNanos));
        });
    }

    /** Those that do not answer, then those with most in flight, as they are at one moment: a sort must not see them change. */
    private static List<TargetState> shown(Map<Target, TargetState> targets) {
        record Seen(TargetState state, boolean open, int inFlight) {}
        return targets.values().stream()
                .map(each -> new Seen(
                        each,
                        each.gate().state() == Gate.State.OPEN,
                        each.limiter().inFlight()))
                .sorted(Comparator.comparing(Seen::open)
                        .thenComparing(Seen::inFlight, Comparator.reverseOrder())
                        .thenComparing(each -> each.state().target().toString()))
                .limit(TARGETS_SHOWN)
                .map(Seen::state)
                .toList();
    }

    /** All of it. */
    String json(Around around, long nowNanos) {
        ObjectNode root = JSON.createObjectNode();
        root.put("listens", listens).put("started_ms", startedMs);
        root.put("draining", around.draining);
        now(root.putObject("now"), around);
        series(root.putObject("series"));
        funnel(root.putArray("funnel"));
        causes(root.putArray("causes"));
        targets(root.putArray("targets"), nowNanos);
        addresses(root.putArray("addresses"));
        jobs(root.putArray("jobs"), around.ledger.map(CallKeeper.State::jobs).orElse(List.of()));
        changes(
                root.putArray("changes"),
                around.ledger.map(CallKeeper.State::changes).orElse(List.of()));
        ledger(root.putObject("ledger"), around.ledger);
        return root.toString();
    }

    private void now(ObjectNode node, Around around) {
        List<LiveNumbers.Second> all = numbers.seconds();
        List<LiveNumbers.Second> minute = all.subList(Math.max(0, all.size() - MINUTE_SECONDS), all.size());
        long good = minute.stream().mapToLong(LiveNumbers.Second::good).sum();
        long failed = minute.stream().mapToLong(LiveNumbers.Second::failed).sum();
        long attempts = minute.stream().mapToLong(LiveNumbers.Second::attempts).sum();
        node.put("calls_per_s", minute.isEmpty() ? 0 : (double) (good + failed) / minute.size());
        if (good + failed > 0) {
            node.put("success", (double) good / (good + failed));
            node.put("attempts_per_call", (double) attempts / (good + failed));
        }
        percentiles(node.putObject("first_token_ms"), numbers.firstTokens());
        percentiles(node.putObject("gap_ms"), numbers.longestPauses());
        node.put("attempts", attempts);
        node.put("running", numbers.running()).put("callers", around.callers);
    }

    private static void percentiles(ObjectNode node, Histogram of) {
        if (of.getTotalCount() > 0) {
            node.put("p50", of.getValueAtPercentile(50));
            node.put("p99", of.getValueAtPercentile(99));
        }
    }

    private void series(ObjectNode node) {
        List<LiveNumbers.Second> seconds = numbers.seconds();
        fill(node.putArray("good"), seconds, LiveNumbers.Second::good);
        fill(node.putArray("failed"), seconds, LiveNumbers.Second::failed);
        fill(node.putArray("first_p50"), seconds, LiveNumbers.Second::firstP50);
        fill(node.putArray("first_p99"), seconds, LiveNumbers.Second::firstP99);
        ArrayNode parked = node.putArray("parked");
        ArrayNode waiting = node.putArray("waiting");
        ArrayNode budget = node.putArray("budget");
        moments.forEach(each -> {
            parked.add(each.parked);
            waiting.add(each.waiting);
            budget.add(Math.round(each.budget));
        });
    }

    private static void fill(
            ArrayNode array, List<LiveNumbers.Second> seconds, ToLongFunction<LiveNumbers.Second> value) {
        for (LiveNumbers.Second each : seconds) {
            long number = value.applyAsLong(each);
            if (number < 0) {
                array.addNull();
            } else {
                array.add(number);
            }
        }
    }

    private void funnel(ArrayNode array) {
        for (Phase phase : Phase.values()) {
            ObjectNode row = array.addObject().put("phase", phase.label());
            for (Acknowledged acknowledged : Acknowledged.values()) {
                row.put(acknowledged.label(), numbers.ended(phase, acknowledged));
            }
        }
    }

    /** Those that cost most calls, then those that cost most attempts. */
    private void causes(ArrayNode array) {
        numbers.causes().entrySet().stream()
                .sorted(Comparator.<Map.Entry<Cause, Cause.Count>>comparingLong(
                                each -> -each.getValue().calls())
                        .thenComparingLong(each -> -each.getValue().attempts())
                        .thenComparing(each -> each.getKey().toString()))
                .limit(CAUSES_SHOWN)
                .forEach(each -> cause(array.addObject(), each.getKey(), each.getValue()));
    }

    private static void cause(ObjectNode row, Cause cause, Cause.Count count) {
        row.put("host", cause.host())
                .put("model", cause.model())
                .put("kind", cause.kind().label())
                .put("phase", cause.phase().label())
                .put("status", cause.status())
                .put("acknowledged", cause.acknowledged().label())
                .put("advice", cause.kind().advice())
                .put("attempts", count.attempts())
                .put("calls", count.calls())
                .put("message", count.message());
    }

    private void targets(ArrayNode array, long nowNanos) {
        for (TargetState each : shown(engine.targets())) {
            ObjectNode row = array.addObject()
                    .put("host", each.target().host())
                    .put("model", each.target().model())
                    .put("gate", each.gate().state().name().toLowerCase(Locale.ROOT))
                    .put("in_flight", each.limiter().inFlight())
                    .put("waiting", each.limiter().waiting())
                    .put("parked", each.gate().parked())
                    .put("window", each.limiter().windowLimit())
                    .put("used", each.limiter().usedNow(nowNanos))
                    .put("budget", each.budget().balance(nowNanos));
            ArrayNode series = row.putArray("used_series");
            used.getOrDefault(each.target(), new ArrayDeque<>())
                    .forEach(part -> series.add(Math.round(part * 1000) / 1000.0));
        }
    }

    /** Only those that have not answered at least once. */
    private void addresses(ArrayNode array) {
        Map<String, ObjectNode> rows = new TreeMap<>();
        numbers.addresses()
                .forEach((each, times) -> rows.computeIfAbsent(
                                each.host() + " " + each.address(),
                                fresh -> JSON.createObjectNode()
                                        .put("host", each.host())
                                        .put("address", each.address()))
                        .put(each.answer().label(), times));
        rows.values().stream()
                .filter(row -> row.has(AddressTry.Answer.REFUSED.label()) || row.has(AddressTry.Answer.SILENT.label()))
                .limit(ADDRESSES_SHOWN)
                .forEach(array::add);
    }

    private static void jobs(ArrayNode array, List<Watch> jobs) {
        jobs.forEach(each -> array.addObject()
                .put("kind", each.kind())
                .put("job", each.job())
                .put("wish", each.wish())
                .put("state", each.state())
                .put("step", each.step())
                .put("saved_step", each.savedStep())
                .put("at_risk_ms", each.atRiskMs())
                .put("waited_for", each.isUnfinished())
                .put("began_ms", each.beganMs()));
    }

    private static void changes(ArrayNode array, List<Change> changes) {
        changes.forEach(each -> array.addObject()
                .put("at_ms", each.atMs())
                .put("resource", each.resource())
                .put("what", each.what())
                .put("evidence", each.evidence())
                .put("applied", each.applied()));
    }

    private static void ledger(ObjectNode node, Optional<CallKeeper.State> state) {
        if (state.isEmpty()) {
            node.put("off", true);
            return;
        }
        state.get().problem().ifPresent(problem -> node.put("problem", problem));
        node.put("kept", state.get().kept())
                .put("waiting", state.get().waiting())
                .put("lost", state.get().lost());
    }
}
