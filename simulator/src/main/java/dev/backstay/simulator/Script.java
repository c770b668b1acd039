package dev.backstay.simulator;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a simulated provider behaves: its speed, its limits, and its {@link Story}.
 *
 * @param models the models it has; any other name is answered with 404. Empty: it has every model.
 * @param firstTokenMs median of the time to the first token (log-normal), in milliseconds
 * @param firstTokenSpread σ of its logarithm; 0: always the same
 * @param tokenGapMs mean pause between two tokens (each answer has its own pace, ±10 %), in milliseconds
 * @param limits tokens per minute
 * @param growth how the limits follow their use
 * @param serving the machines behind it
 * @param story what goes wrong when
 */
public record Script(
        List<String> models,
        double firstTokenMs,
        double firstTokenSpread,
        double tokenGapMs,
        Limits limits,
        TokenMeter.Growth growth,
        Serving.Plan serving,
        Story story) {

    /**
     * Tokens per minute for each of the three meters, before they grow.
     *
     * @param prompt all prompt tokens
     * @param uncachedPrompt prompt tokens that were not cached
     * @param generated tokens generated
     */
    public record Limits(
            long prompt, @JsonProperty("uncached-prompt") long uncachedPrompt, long generated) {
        /** What an account in use has grown to on a small model (docs.fireworks.ai, "Serverless Rate Limits"). */
        public static final Limits GROWN = new Limits(216_000_000, 54_000_000, 2_160_000);

        /** What a fresh account has (the same page). */
        public static final Limits FRESH = new Limits(3_600_000, 900_000, 36_000);

        public Limits {
            if (prompt <= 0 || uncachedPrompt <= 0 || generated <= 0) {
                throw new IllegalArgumentException("limits must be positive tokens per minute");
            }
        }
    }

    /** Requests at a time that no test of ours reaches. */
    private static final int AMPLE = 10_000;

    /** Everything as on a good day. */
    public static final Script HEALTHY = new Script(
            List.of(), 500, 0.5, 20, Limits.GROWN, TokenMeter.Growth.OF_PLATFORM, Serving.atOnce(AMPLE), Story.HEALTHY);

    public Script {
        models = List.copyOf(models);
        if (!(firstTokenMs > 0) || !(tokenGapMs > 0) || !(firstTokenSpread >= 0)) {
            throw new IllegalArgumentException("first-token-ms and token-gap-ms must be positive: " + firstTokenMs
                    + ", " + tokenGapMs + ", and first-token-spread not negative: " + firstTokenSpread);
        }
    }

    /** The same provider with another story. */
    public Script with(Story newStory) {
        return new Script(models, firstTokenMs, firstTokenSpread, tokenGapMs, limits, growth, serving, newStory);
    }

    /** The same provider with other limits. */
    public Script with(Limits newLimits) {
        return with(newLimits, growth);
    }

    /** The same provider with other limits that grow in another way. */
    Script with(Limits newLimits, TokenMeter.Growth newGrowth) {
        return new Script(models, firstTokenMs, firstTokenSpread, tokenGapMs, newLimits, newGrowth, serving, story);
    }

    /** The same provider with these models only. */
    public Script with(List<String> newModels) {
        return new Script(newModels, firstTokenMs, firstTokenSpread, tokenGapMs, limits, growth, serving, story);
    }

    /** The same provider on other machines. */
    public Script with(Serving.Plan newServing) {
        return new Script(models, firstTokenMs, firstTokenSpread, tokenGapMs, limits, growth, newServing, story);
    }

    /** The same provider at another speed. */
    public Script withSpeed(double newFirstTokenMs, double newFirstTokenSpread, double newTokenGapMs) {
        return new Script(models, newFirstTokenMs, newFirstTokenSpread, newTokenGapMs, limits, growth, serving, story);
    }

    /** What stands in the file; what does not stays as on a good day. */
    private record Yaml(
            @Nullable List<String> models,
            @JsonProperty("first-token-ms") @Nullable Double firstTokenMs,
            @JsonProperty("first-token-spread") @Nullable Double firstTokenSpread,
            @JsonProperty("token-gap-ms") @Nullable Double tokenGapMs,
            @Nullable Limits limits,
            @Nullable Integer capacity,
            @Nullable List<JsonNode> story) {}

    /**
     * Reads a script.
     *
     * @throws IOException if it cannot be read, is not YAML, or has an unknown key
     * @throws IllegalArgumentException if a value is out of range or a line of the story is not understood
     */
    public static Script read(Path file) throws IOException {
        JsonMapper mapper = JsonMapper.builder(new YAMLFactory()).build();
        Yaml yaml = mapper.readValue(Files.readString(file), Yaml.class);
        if (yaml == null) {
            throw new IllegalArgumentException("the script " + file + " is empty; it needs at least a 'story'");
        }
        int capacity = Optional.ofNullable(yaml.capacity).orElse(AMPLE);
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity is " + capacity + ": it must be at least 1");
        }
        return new Script(
                Optional.ofNullable(yaml.models).orElse(HEALTHY.models),
                Optional.ofNullable(yaml.firstTokenMs).orElse(HEALTHY.firstTokenMs),
                Optional.ofNullable(yaml.firstTokenSpread).orElse(HEALTHY.firstTokenSpread),
                Optional.ofNullable(yaml.tokenGapMs).orElse(HEALTHY.tokenGapMs),
                Optional.ofNullable(yaml.limits).orElse(HEALTHY.limits),
                HEALTHY.growth,
                Serving.atOnce(capacity),
                yaml.story == null ? Story.HEALTHY : Story.parse(lines(yaml.story)));
    }

    /** {@code - until 60s: healthy} is a map of one pair in YAML; in quotes it is a text. Both are meant. */
    private static List<String> lines(List<JsonNode> story) {
        List<String> lines = new ArrayList<>();
        for (JsonNode chapter : story) {
            if (chapter.isTextual()) {
                lines.add(chapter.asText());
            } else {
                chapter.properties()
                        .forEach(pair ->
                                lines.add(pair.getKey() + ": " + pair.getValue().asText()));
            }
        }
        return lines;
    }
}
