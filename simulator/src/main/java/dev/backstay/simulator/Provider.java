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
    private static final String JSON = "application/json";
    private static final byte[] NOTHING = {};

    /** How much the pace of one answer differs from the usual, at most. */
    private static final double PACE = 0.1;

    private static final long SLOW_START_NANOS = 20_000_000_000L;

    private final Script script;
    private final Serving serving;
    private final Map<String, RateLimits> limits = new HashMap<>();
    private int active;
    private long billed;

    public Provider(Script script) {
        this.script = script;
        this.serving = script.serving().open();
    }

    /** How it behaves. */
    public Script script() {
        return script;
    }

    /** What goes wrong with an attempt that comes now, if anything. Drawn once per attempt. */
    public Fault encounter(long nowNanos, RandomGenerator faults) {
        return script.story().faultAt(nowNanos, faults);
    }

    /** How many calls a second with a prompt of this size the limits allow now. */
    double callsPerSecond(String model, int promptTokens) {
        return limitsOf(model).callsPerSecond(promptTokens);
    }

    /** What it does about a request whose last byte has just arrived, in bytes. */
    public Reply answer(Ask ask, Fault fault, long nowNanos, RandomGenerator service) {
        return render(ask, plan(ask, fault, nowNanos, service), nowNanos, service);
    }

    private Reply render(Ask ask, Course course, long nowNanos, RandomGenerator service) {
        return switch (course.kind()) {
            case SILENT -> new Fixed(List.of(new Act.Silence()), ask.promptTokens());
            case RESET -> new Fixed(List.of(new Act.Reset(course.afterNanos())), ask.promptTokens());
            case REFUSED ->
                whole(course.status(), course.type(), course.refusal(), course.afterNanos(), course.headers());
            case ANSWERED -> new Generation(this, ask, course, service.nextLong(), nowNanos);
        };
    }

    /** What it does about a request whose last byte has just arrived, without the bytes. */
    Course plan(Ask ask, Fault fault, long nowNanos, RandomGenerator service) {
        switch (fault.kind()) {
            case SILENCE -> {
                billed += ask.promptTokens();
                return Course.silent();
            }
            case RESET -> {
                billed += ask.promptTokens();
                return Course.reset(millis(20 + 200 * service.nextDouble()));
            }
            case HTML_502 -> {
                return Course.refused(502, "text/html", Bodies.HTML_502, millis(30), Map.of());
            }
            case RETRY_AFTER -> {
                Map<String, String> hint = Map.of("retry-after", Integer.toString(1 + service.nextInt(5)));
                return Course.refused(429, JSON, Bodies.RATE_LIMITED, millis(100), hint);
            }
            case SCALING_UP -> {
                return Course.refused(503, JSON, Bodies.SCALING_UP, millis(50), Map.of());
            }
            case STATUS -> {
                return Course.refused(fault.status(), JSON, Bodies.ofStatus(fault.status()), millis(50), Map.of());
            }
            default -> {}
        }
        if (!script.models().isEmpty() && !script.models().contains(ask.model())) {
            return Course.refused(404, JSON, Bodies.ofStatus(404), millis(20), Map.of());
        }
        return admitted(ask, fault, nowNanos, service);
    }

    private Course admitted(Ask ask, Fault fault, long nowNanos, RandomGenerator service) {
        double firstTokenMillis = script.firstTokenMs() * Math.exp(script.firstTokenSpread() * service.nextGaussian());
        long gapNanos = millis(script.tokenGapMs() * (1 - PACE + 2 * PACE * service.nextDouble()));
        int faultAt = (int) (service.nextDouble() * ask.outputTokens());
        RateLimits meters = limitsOf(ask.model());
        Map<String, String> headers = new LinkedHashMap<>();
        boolean admitted = serving.isDedicated() || meters.admit(ask.promptTokens(), nowNanos);
        if (serving.isDedicated()) {
            headers.put("fireworks-num-concurrent-requests", Integer.toString(active));
            headers.put("fireworks-prefill-queue-duration", "0.0");
        } else {
            meters.describe(admitted ? ask.promptTokens() : 0, nowNanos, service, headers);
        }
        if (!admitted) {
            long afterNanos = millis(100 + 160 * service.nextDouble());
            return Course.refused(429, JSON, Bodies.RATE_LIMITED, afterNanos, headers);
        }
        long slowNanos = fault.kind() == Fault.Kind.SLOW_START ? SLOW_START_NANOS : 0;
        long firstTokenNanos = millis(firstTokenMillis) + slowNanos;
        long workNanos = firstTokenNanos + gapNanos * ask.outputTokens();
        Serving.Place place = serving.take(nowNanos, workNanos, service);
        switch (place.kind()) {
            case SHED -> {
                return Course.refused(503, JSON, Bodies.ofStatus(503), millis(50), headers);
            }
            case FULL -> {
                return Course.refused(429, JSON, Bodies.RATE_LIMITED, millis(20), headers);
            }
            case STARTING -> {
                return Course.refused(503, JSON, Bodies.SCALING_UP, millis(20), headers);
            }
            case GONE -> {
                return Course.refused(502, "text/html", Bodies.HTML_502, millis(30), headers);
            }
            default -> {}
        }
        active++;
        billed += ask.promptTokens();
        return new Course(
                Course.Kind.ANSWERED,
                place.queueNanos() + firstTokenNanos,
                200,
                NOTHING,
                "",
                headers,
                gapNanos,
                fault,
                faultAt,
                place.cutNanos(),
                place);
    }

    /** The list of models. */
    public Reply models() {
        List<String> names = script.models().isEmpty() ? List.of("accounts/fireworks/models/demo") : script.models();
        return whole(200, JSON, Bodies.models(names), millis(5), Map.of());
    }

    /** A path that does not exist. */
    public Reply notFound() {
        return whole(404, JSON, Bodies.error("NOT_FOUND", "no such path"), millis(1), Map.of());
    }

    /** A request that is not understood. */
    public Reply badRequest(String message) {
        return whole(400, JSON, Bodies.error("INVALID_ARGUMENT", message), millis(1), Map.of());
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

    void finished(Course course) {
        active--;
        serving.leave(course.place());
    }

    /** How long a healthy answer would take on an idle provider, for those who can see the future. */
    long workNanos(Ask ask, RandomGenerator service) {
        long firstTokenNanos =
                millis(script.firstTokenMs() * Math.exp(script.firstTokenSpread() * service.nextGaussian()));
        long gapNanos = millis(script.tokenGapMs() * (1 - PACE + 2 * PACE * service.nextDouble()));
        return firstTokenNanos + gapNanos * ask.outputTokens() + VirtualAttempt.WAY_NANOS;
    }

    /**
     * When a request of this size has a chance again, for those who can see the future; {@link Course#NEVER} if only an end
     * makes room.
     *
     * @param ahead requests on their way here, and {@code tokensAhead} their prompts
     */
    long hopeNanos(Ask ask, int ahead, long tokensAhead, long nowNanos) {
        long hope = script.story().hopeNanos(nowNanos);
        if (hope == Long.MAX_VALUE) {
            return Course.NEVER;
        }
        long room = Math.max(hope, limitsOf(ask.model()).roomAtNanos(tokensAhead + ask.promptTokens(), nowNanos));
        return Math.max(room, serving.roomAtNanos(ahead, nowNanos));
    }

    private RateLimits limitsOf(String model) {
        String key = limits.size() < MODELS_LIMIT || limits.containsKey(model) ? model : "";
        return limits.computeIfAbsent(key, k -> new RateLimits(script.limits(), script.growth()));
    }

    /** An answer known from the start. */
    static Reply whole(int status, String type, byte[] body, long afterNanos, Map<String, String> more) {
        Map<String, String> headers = new LinkedHashMap<>(more);
        headers.put("content-type", type);
        headers.put("content-length", Integer.toString(body.length));
        return new Fixed(List.of(new Act.Head(afterNanos, status, headers), new Act.Body(0, body), new Act.End(0)), 0);
    }

    /** No answer: silence, or the end of the connection. */
    static Reply only(Act act) {
        return new Fixed(List.of(act), 0);
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
        public void close(long nowNanos) {
            // Nothing was being generated.
        }

        @Override
        public long billedTokens() {
            return billed;
        }
    }
}
