package dev.backstay.gateway.keys;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.backstay.core.Priority;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a key may. What is not said is not limited.
 *
 * @param requestsPerMinute calls begun, with bursts of up to ten seconds' worth
 * @param tokensPerMinute of prompts and answers together; a call that begins before they are used up is finished
 * @param tokensPerDay the same for a day, from midnight UTC
 * @param concurrent calls at the same time
 * @param priority at most this: {@code critical}, {@code default}, {@code sheddable} or {@code batch}
 * @param models the names it may use; one that ends with {@code *} stands for all that begin so
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record KeyLimits(
        @JsonProperty("requests-per-minute") @Nullable Long requestsPerMinute,
        @JsonProperty("tokens-per-minute") @Nullable Long tokensPerMinute,
        @JsonProperty("tokens-per-day") @Nullable Long tokensPerDay,
        @Nullable Long concurrent,
        @Nullable String priority,
        @Nullable List<String> models) {

    /** No limits. */
    public static final KeyLimits NONE = new KeyLimits(null, null, null, null, null, null);

    /** @throws IllegalArgumentException naming the limit, its value and the rule it breaks */
    public KeyLimits {
        atLeastOne("requests-per-minute", requestsPerMinute);
        atLeastOne("tokens-per-minute", tokensPerMinute);
        atLeastOne("tokens-per-day", tokensPerDay);
        atLeastOne("concurrent", concurrent);
        if (priority != null && Priority.named(priority).isEmpty()) {
            throw new IllegalArgumentException(
                    "priority is '" + priority + "': it must be critical, default, sheddable or batch");
        }
        models = models == null ? null : List.copyOf(models);
    }

    private static void atLeastOne(String limit, @Nullable Long value) {
        if (value != null && value < 1) {
            throw new IllegalArgumentException(limit + " is " + value + ": it must be at least 1");
        }
    }

    /** How urgent its calls may be. */
    public Priority most() {
        return Optional.ofNullable(priority).flatMap(Priority::named).orElse(Priority.DEFAULT);
    }

    /** Whether it may use this model. */
    public boolean mayUse(String model) {
        return models == null || models.stream().anyMatch(name -> covers(name, model));
    }

    private static boolean covers(String name, String model) {
        return name.endsWith("*") ? model.startsWith(name.substring(0, name.length() - 1)) : name.equals(model);
    }
}
