package dev.backstay.simulator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * A Fireworks, as a pure model: told what comes and what time it is, it says what will happen. Time is nanoseconds since it
 * started; chance is an argument. It never fails to say no: every refusal is a {@link Reply}.
 *
 * <p>Belongs to one thread.
 */
public final class Provider {

    /** Models whose limits are remembered, at most; more share one set. */
    private static final int MODELS_LIMIT = 1_000;

    private static final double MILLIS = 1e6;

    private final Script script;
    private final Map<String, RateLimits> limits = new HashMap<>();
    private int active;
    private long billed;

    public Provider(Script script) {
        this.script = script;
    }

    /** How it behaves. */
    public Script script() {
        return script;
    }

    /** What goes wrong with an attempt that comes now, if anything. Drawn once per attempt. */
    public Fault encounter(long nowNanos, RandomGenerator faults) {
        return script.story().faultAt(nowNanos, faults);
    }

    /** What it does about a request whose last byte has just arrived. */
    public Reply answer(Ask ask, Fault fault, long nowNanos, RandomGenerator service) {
        switch (fault.kind()) {
            case SILENCE -> {
                return billing(ask, new Act.Silence());
            }
            case RESET -> {
                return billing(ask, new Act.Reset(millis(20 + 200 * service.nextDouble())));
            }
            case HTML_502 -> {
                return refusal(502, "text/html", Bodies.HTML_502, 30, Map.of());
            }
            case RETRY_AFTER -> {
                Map<String, String> hint = Map.of("retry-after", Integer.toString(1 + service.nextInt(5)));
                return refusal(429, "application/json", Bodies.RATE_LIMITED, 100, hint);
            }
            case STATUS -> {
                return refusal(fault.status(), "application/json", Bodies.ofStatus(fault.status()), 50, Map.of());
            }
            default -> {}
        }
        if (!script.models().isEmpty() && !script.models().contains(ask.model())) {
            return refusal(404, "application/json", Bodies.ofStatus(404), 20, Map.of());
        }
        return admitted(ask, fault, nowNanos, service);
    }

    private Reply admitted(Ask ask, Fault fault, long nowNanos, RandomGenerator service) {
        RateLimits meters = limitsOf(ask.model());
        Map<String, String> headers = new LinkedHashMap<>();
        boolean admitted = meters.admit(ask.promptTokens(), nowNanos);
        meters.describe(admitted ? ask.promptTokens() : 0, nowNanos, service, headers);
        if (!admitted) {
            double afterMillis = 100 + 160 * service.nextDouble();
            return refusal(429, "application/json", Bodies.RATE_LIMITED, afterMillis, headers);
        }
        if (active >= script.capacity()) {
            return refusal(503, "application/json", Bodies.ofStatus(503), 50, headers);
        }
        active++;
        billed += ask.promptTokens();
        return new Generation(this, ask, fault, headers, nowNanos, service);
    }

    /** The list of models. */
    public Reply models() {
        List<String> names = script.models().isEmpty() ? List.of("accounts/fireworks/models/demo") : script.models();
        return refusal(200, "application/json", Bodies.models(names), 5, Map.of());
    }

    /** A path that does not exist. */
    public Reply notFound() {
        return refusal(404, "application/json", Bodies.error("NOT_FOUND", "no such path"), 1, Map.of());
    }

    /** A request that is not understood. */
    public Reply badRequest(String message) {
        return refusal(400, "application/json", Bodies.error("INVALID_ARGUMENT", message), 1, Map.of());
    }

    /** Requests being worked on. */
    public int active() {
        return active;
    }

    /** Tokens billed to everybody so far. */
    public long billedTokens() {
        return billed;
    }

    void generated(Ask ask, int tokens, long nowNanos) {
        billed += tokens;
        limitsOf(ask.model()).generated(tokens, nowNanos);
    }

    void finished() {
        active--;
    }

    private RateLimits limitsOf(String model) {
        String key = limits.size() < MODELS_LIMIT || limits.containsKey(model) ? model : "";
        return limits.computeIfAbsent(key, k -> new RateLimits(script.limits()));
    }

    private Reply billing(Ask ask, Act only) {
        billed += ask.promptTokens();
        return new Fixed(List.of(only), ask.promptTokens());
    }

    private static Reply refusal(int status, String type, byte[] body, double afterMillis, Map<String, String> more) {
        Map<String, String> headers = new LinkedHashMap<>(more);
        headers.put("content-type", type);
        headers.put("content-length", Integer.toString(body.length));
        return new Fixed(
                List.of(new Act.Head(millis(afterMillis), status, headers), new Act.Body(0, body), new Act.End(0)), 0);
    }

    private static long millis(double millis) {
        return (long) (millis * MILLIS);
    }

    /** A reply known from the start. */
    private static final class Fixed implements Reply {
        private final Deque<Act> acts;
        private final long billed;

        private Fixed(List<Act> acts, long billed) {
            this.acts = new ArrayDeque<>(acts);
            this.billed = billed;
        }

        @Override
        public Act next(long nowNanos) {
            return acts.isEmpty() ? new Act.Silence() : acts.remove();
        }

        @Override
        public void abandon(long nowNanos) {
            // Nothing was being generated.
        }

        @Override
        public long billedTokens() {
            return billed;
        }
    }
}
