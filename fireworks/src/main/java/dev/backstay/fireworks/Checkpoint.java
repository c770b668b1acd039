package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Comparator;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A checkpoint as the control plane lists it.
 *
 * @param name its full name
 * @param id the last part of it
 * @param created when; the beginning of time if it does not say
 * @param type in the platform's words, without {@code CHECKPOINT_TYPE_}
 * @param promotable whether it can become a model, as the platform says
 */
public record Checkpoint(String name, String id, Instant created, String type, boolean promotable) {

    /** Lists come oldest first, with dates of different precision; this compares the dates themselves, then the steps. */
    static final Comparator<Checkpoint> OLDEST_FIRST = Comparator.comparing(Checkpoint::created)
            .thenComparingLong(each -> each.step().orElse(-1));

    private static final Pattern STEP =
            Pattern.compile("(?:^|[^0-9a-z])step[-_]?(\\d{1,15})(?:$|[^0-9])", Pattern.CASE_INSENSITIVE);

    static Checkpoint of(JsonNode row) {
        String name = row.path("name").asText();
        String type =
                row.path("checkpointType").asText().toUpperCase(Locale.ROOT).replaceFirst("^CHECKPOINT_TYPE_", "");
        Instant created = Proto.instant(row.path("createTime")).orElse(Instant.EPOCH);
        return new Checkpoint(
                name,
                Ids.last(name),
                created,
                type,
                row.path("promotable").asBoolean(type.startsWith("INFERENCE_") && !type.endsWith("_V2")));
    }

    /** Whether it has the optimizer's state, so that training can go on from it. A snapshot for sampling has none. */
    public boolean resumable() {
        return type.equals("TRAINING") || type.equals("TRAINING_LORA");
    }

    /** The step in its name, if there is one. */
    public OptionalLong step() {
        Matcher matcher = STEP.matcher(id);
        return matcher.find() ? OptionalLong.of(Long.parseLong(matcher.group(1))) : OptionalLong.empty();
    }
}
