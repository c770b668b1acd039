package dev.backstay.micrometer;

import dev.backstay.client.GenAiCall;
import dev.backstay.client.GenAiNames;
import dev.backstay.core.Call;
import dev.backstay.core.CallListener;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Usage;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Calls as OpenTelemetry's conventions for generative AI have them: one measurement for each call, however often it was tried, and
 * an error only if the call failed.
 *
 * <p>Models are labels here. Beyond {@value #MODELS_LIMIT} of them the rest are {@code _OTHER}.
 *
 * <p>Thread-safe.
 */
public final class GenAiMetrics implements CallListener {

    /** Models told apart. */
    public static final int MODELS_LIMIT = 100;

    private final MeterRegistry registry;
    private final GenAiNames names;
    private final Set<String> models = ConcurrentHashMap.newKeySet();

    /** Meters in this registry, by these names. */
    public GenAiMetrics(MeterRegistry registry, GenAiNames names) {
        this.registry = registry;
        this.names = names;
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
        long elapsed = nowNanos - GenAiCall.arrivedNanos(call);
        if (step instanceof Step.Finish finish) {
            finished(told, finish.result(), elapsed);
        } else if (call.request().streamed()) {
            timer(names.firstChunk(), "From the beginning of a call to the first event of its answer", tags(told))
                    .record(elapsed, TimeUnit.NANOSECONDS);
        }
    }

    private void finished(GenAiCall told, Result result, long elapsedNanos) {
        String error = GenAiCall.errorType(result);
        Tags tags = error.isEmpty() ? tags(told) : tags(told).and("error.type", error);
        timer(names.duration(), "How long calls took, with all their tries", tags)
                .record(elapsedNanos, TimeUnit.NANOSECONDS);
        if (result instanceof Result.Succeeded succeeded && !succeeded.usage().equals(Usage.NONE)) {
            used(tags, succeeded.usage());
        }
    }

    private void used(Tags tags, Usage usage) {
        if (names == GenAiNames.LEGACY) {
            tokens(tags.and("gen_ai.token.type", "input")).record(usage.promptTokens());
            tokens(tags.and("gen_ai.token.type", "output")).record(usage.completionTokens());
        } else {
            registry.counter(GenAiNames.INPUT_TOKENS, tags).increment(usage.promptTokens());
            registry.counter(GenAiNames.OUTPUT_TOKENS, tags).increment(usage.completionTokens());
            registry.counter(GenAiNames.CACHED_TOKENS, tags).increment(usage.cachedTokens());
        }
    }

    private Tags tags(GenAiCall told) {
        return Tags.of(
                Tag.of("gen_ai.operation.name", told.operation()),
                Tag.of("gen_ai.provider.name", told.provider()),
                Tag.of("gen_ai.request.model", bounded(told.model())),
                Tag.of("server.address", told.address()),
                Tag.of("server.port", String.valueOf(told.port())));
    }

    private String bounded(String model) {
        if (models.contains(model) || models.size() < MODELS_LIMIT && models.add(model)) {
            return model;
        }
        return GenAiCall.OTHER;
    }

    private Timer timer(String name, String text, Tags tags) {
        return Timer.builder(name)
                .description(text)
                .tags(tags)
                .serviceLevelObjectives(Arrays.stream(GenAiNames.secondsBuckets())
                        .mapToObj(seconds -> Duration.ofMillis(Math.round(seconds * 1_000)))
                        .toArray(Duration[]::new))
                .register(registry);
    }

    private DistributionSummary tokens(Tags tags) {
        return DistributionSummary.builder(GenAiNames.TOKEN_USAGE)
                .description("Tokens of calls that succeeded")
                .baseUnit("token")
                .tags(tags)
                .serviceLevelObjectives(GenAiNames.tokenBuckets())
                .register(registry);
    }
}
