package dev.backstay.opentelemetry;

import dev.backstay.client.GenAiCall;
import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.CallListener;
import dev.backstay.core.Failure;
import dev.backstay.core.Outcome;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Usage;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Calls and their attempts as spans.
 *
 * <p>The span of a call begins on the thread that asks, so that its parent is the span that is current there, even if the answer
 * comes on another thread. It is an error only if the call failed. The span of an attempt says in which phase it ended, whether the
 * provider saw it ({@code backstay.acknowledged}), and what it cost in tries.
 *
 * <p>Thread-safe. Spans are kept only while their calls run.
 */
public final class CallTracing implements CallListener {

    private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");
    private static final AttributeKey<String> PROVIDER = AttributeKey.stringKey("gen_ai.provider.name");
    private static final AttributeKey<String> MODEL = AttributeKey.stringKey("gen_ai.request.model");
    private static final AttributeKey<Long> INPUT = AttributeKey.longKey("gen_ai.usage.input_tokens");
    private static final AttributeKey<Long> OUTPUT = AttributeKey.longKey("gen_ai.usage.output_tokens");
    private static final AttributeKey<String> ADDRESS = AttributeKey.stringKey("server.address");
    private static final AttributeKey<Long> PORT = AttributeKey.longKey("server.port");
    private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
    private static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");
    private static final AttributeKey<String> CALL_ID = AttributeKey.stringKey("backstay.call.id");
    private static final AttributeKey<String> WORKLOAD = AttributeKey.stringKey("backstay.workload");
    private static final AttributeKey<Long> ATTEMPTS = AttributeKey.longKey("backstay.attempts");
    private static final AttributeKey<Long> NUMBER = AttributeKey.longKey("backstay.attempt.number");
    private static final AttributeKey<Boolean> PROBE = AttributeKey.booleanKey("backstay.attempt.probe");
    private static final AttributeKey<String> PHASE = AttributeKey.stringKey("backstay.phase");
    private static final AttributeKey<String> ACKNOWLEDGED = AttributeKey.stringKey("backstay.acknowledged");
    private static final AttributeKey<String> WHY = AttributeKey.stringKey("backstay.wait.why");
    private static final AttributeKey<Long> WAIT = AttributeKey.longKey("backstay.wait.ms");

    private static final long MILLI = 1_000_000;

    private final Tracer tracer;
    private final Map<Call, Spans> running = new ConcurrentHashMap<>();

    /** The spans of one call; like it they belong to one thread at a time. */
    private static final class Spans {
        private final Span call;
        private final Context below;
        private final Map<Attempt, Span> attempts = new ConcurrentHashMap<>();

        private Spans(Span call, Context parent) {
            this.call = call;
            this.below = parent.with(call);
        }
    }

    /** Spans of this OpenTelemetry. */
    public CallTracing(OpenTelemetry telemetry) {
        this.tracer = telemetry.getTracer("dev.backstay");
    }

    @Override
    public void heard(long nowNanos, Call call, Signal signal, Step step) {
        if (signal instanceof Signal.Started) {
            running.put(call, begin(call));
        }
        Spans spans = running.get(call);
        if (spans == null) {
            return;
        }
        if (signal instanceof Signal.Entered entered) {
            event(spans, entered.attempt(), entered.phase().label());
        } else if (signal instanceof Signal.FirstEvent first) {
            event(spans, first.attempt(), "first event");
        }
        endAttempts(spans);
        if (step instanceof Step.Send send) {
            spans.attempts.put(send.attempt(), begin(spans, send.attempt()));
        } else if (step instanceof Step.Wait wait) {
            long millis = Math.max(0, wait.untilNanos() - nowNanos) / MILLI;
            spans.call.addEvent("wait", Attributes.of(WHY, wait.why().label(), WAIT, millis));
        } else if (step instanceof Step.Finish finish) {
            running.remove(call);
            end(call, spans.call, finish.result());
        }
    }

    private Spans begin(Call call) {
        GenAiCall told = GenAiCall.of(call);
        Context parent = Context.current();
        Span span = tracer.spanBuilder(told.isInference() ? told.operation() + " " + told.model() : "call")
                .setParent(parent)
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute(PROVIDER, told.provider())
                .setAttribute(ADDRESS, told.address())
                .setAttribute(PORT, (long) told.port())
                .setAttribute(CALL_ID, call.request().id())
                .setAttribute(WORKLOAD, call.request().workload().label())
                .startSpan();
        if (told.isInference()) {
            span.setAttribute(OPERATION, told.operation()).setAttribute(MODEL, told.model());
        }
        return new Spans(span, parent);
    }

    private Span begin(Spans spans, Attempt attempt) {
        return tracer.spanBuilder("attempt")
                .setParent(spans.below)
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute(NUMBER, (long) attempt.number())
                .setAttribute(PROBE, attempt.isProbe())
                .startSpan();
    }

    private static void event(Spans spans, Attempt attempt, String name) {
        Span span = spans.attempts.get(attempt);
        if (span != null) {
            span.addEvent(name);
        }
    }

    private static void endAttempts(Spans spans) {
        spans.attempts.forEach((attempt, span) -> attempt.outcome().ifPresent(outcome -> {
            spans.attempts.remove(attempt);
            end(span, attempt, outcome);
        }));
    }

    private static void end(Span span, Attempt attempt, Outcome outcome) {
        if (outcome instanceof Outcome.Failed failed) {
            Failure failure = failed.failure();
            span.setAttribute(PHASE, failure.phase().label())
                    .setAttribute(ACKNOWLEDGED, failure.acknowledged().label())
                    .setAttribute(ERROR, failure.kind().label())
                    .setStatus(StatusCode.ERROR, failure.describe());
            if (failure.status() != Failure.NO_STATUS) {
                span.setAttribute(STATUS, (long) failure.status());
            }
        } else {
            span.setAttribute(PHASE, attempt.phase().label())
                    .setAttribute(ACKNOWLEDGED, attempt.acknowledged().label());
        }
        span.end();
    }

    private static void end(Call call, Span span, Result result) {
        span.setAttribute(ATTEMPTS, (long) call.attemptsSent());
        if (result instanceof Result.Failed failed) {
            span.setAttribute(ERROR, GenAiCall.errorType(result))
                    .setAttribute(PHASE, failed.failure().phase().label())
                    .setAttribute(ACKNOWLEDGED, failed.failure().acknowledged().label())
                    .setStatus(StatusCode.ERROR, failed.failure().describe());
        } else if (result instanceof Result.Succeeded succeeded
                && !succeeded.usage().equals(Usage.NONE)) {
            span.setAttribute(INPUT, succeeded.usage().promptTokens())
                    .setAttribute(OUTPUT, succeeded.usage().completionTokens());
        }
        span.end();
    }

    /** Calls whose spans are open; none when nothing runs. */
    int open() {
        return running.size();
    }
}
