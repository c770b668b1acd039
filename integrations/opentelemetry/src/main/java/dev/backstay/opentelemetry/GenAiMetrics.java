package dev.backstay.opentelemetry;

import dev.backstay.client.GenAiCall;
import dev.backstay.client.GenAiNames;
import dev.backstay.core.Call;
import dev.backstay.core.CallListener;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Usage;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import java.util.Arrays;
import java.util.List;

/**
 * Calls as OpenTelemetry's conventions for generative AI have them: one measurement for each call, however often it was tried, and
 * an error only if the call failed.
 *
 * <p>Thread-safe.
 */
public final class GenAiMetrics implements CallListener {

    private static final AttributeKey<String> TOKEN_TYPE = AttributeKey.stringKey("gen_ai.token.type");
    private static final double NANOS = 1e9;

    private final GenAiNames names;
    private final DoubleHistogram duration;
    private final DoubleHistogram firstChunk;
    private final LongHistogram tokens;
    private final LongCounter input;
    private final LongCounter output;
    private final LongCounter cached;

    /** Instruments of this OpenTelemetry, by these names. */
    public GenAiMetrics(OpenTelemetry telemetry, GenAiNames names) {
        Meter meter = telemetry.getMeter("dev.backstay");
        this.names = names;
        this.duration = seconds(meter, names.duration(), "How long calls took, with all their tries");
        this.firstChunk =
                seconds(meter, names.firstChunk(), "From the beginning of a call to the first event of its answer");
        this.tokens = meter.histogramBuilder(GenAiNames.TOKEN_USAGE)
                .ofLongs()
                .setUnit("{token}")
                .setExplicitBucketBoundariesAdvice(Arrays.stream(GenAiNames.tokenBuckets())
                        .mapToLong(bound -> (long) bound)
                        .boxed()
                        .toList())
                .build();
        this.input = counter(meter, GenAiNames.INPUT_TOKENS);
        this.output = counter(meter, GenAiNames.OUTPUT_TOKENS);
        this.cached = counter(meter, GenAiNames.CACHED_TOKENS);
    }

    private static DoubleHistogram seconds(Meter meter, String name, String text) {
        List<Double> bounds = Arrays.stream(GenAiNames.secondsBuckets()).boxed().toList();
        return meter.histogramBuilder(name)
                .setUnit("s")
                .setDescription(text)
                .setExplicitBucketBoundariesAdvice(bounds)
                .build();
    }

    private static LongCounter counter(Meter meter, String name) {
        return meter.counterBuilder(name).setUnit("{token}").build();
    }

    @Override
    public void heard(long nowNanos, Call call, Signal signal, Step step) {
        if (!(step instanceof Step.Finish) && !(step instanceof Step.Deliver)) {
            return;
        }
        GenAiCall told = GenAiCall.of(call);
        if (!told.isInference()) {
            return;
        }
        double elapsed = (nowNanos - GenAiCall.arrivedNanos(call)) / NANOS;
        if (step instanceof Step.Finish finish) {
            finished(told, finish.result(), elapsed);
        } else if (call.request().streamed()) {
            firstChunk.record(elapsed, attributes(told, ""));
        }
    }

    private void finished(GenAiCall told, Result result, double seconds) {
        Attributes attributes = attributes(told, GenAiCall.errorType(result));
        duration.record(seconds, attributes);
        if (!(result instanceof Result.Succeeded succeeded) || succeeded.usage().equals(Usage.NONE)) {
            return;
        }
        Usage usage = succeeded.usage();
        if (names == GenAiNames.LEGACY) {
            tokens.record(
                    usage.promptTokens(),
                    attributes.toBuilder().put(TOKEN_TYPE, "input").build());
            tokens.record(
                    usage.completionTokens(),
                    attributes.toBuilder().put(TOKEN_TYPE, "output").build());
        } else {
            input.add(usage.promptTokens(), attributes);
            output.add(usage.completionTokens(), attributes);
            cached.add(usage.cachedTokens(), attributes);
        }
    }

    private static Attributes attributes(GenAiCall told, String error) {
        var builder = Attributes.builder()
                .put("gen_ai.operation.name", told.operation())
                .put("gen_ai.provider.name", told.provider())
                .put("gen_ai.request.model", told.model())
                .put("server.address", told.address())
                .put("server.port", told.port());
        return (error.isEmpty() ? builder : builder.put("error.type", error)).build();
    }
}
