package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A trainer as the control plane shows it.
 *
 * @param name its full name
 * @param id its id
 * @param state where it is
 * @param message what it says about that; empty if nothing
 * @param errorReason the registered class of its error; empty if there is none
 * @param directRoute a host of its own, if it has one
 * @param maxContextLength if it says
 * @param created when
 */
public record TrainerJob(
        String name,
        String id,
        JobState state,
        String message,
        String errorReason,
        Optional<String> directRoute,
        OptionalInt maxContextLength,
        Optional<Instant> created) {

    static TrainerJob of(JsonNode row) {
        String direct = row.path("directRouteHandle")
                .asText(row.path("direct_route_handle").asText());
        int context = row.path("trainingConfig").path("maxContextLength").asInt(0);
        String name = row.path("name").asText();
        return new TrainerJob(
                name,
                Ids.last(name),
                JobState.of(row.path("state").asText()),
                Proto.statusMessage(row),
                Proto.errorReason(row),
                direct.isEmpty() ? Optional.empty() : Optional.of(direct.replaceAll("/+$", "")),
                context > 0 ? OptionalInt.of(context) : OptionalInt.empty(),
                Proto.instant(row.path("createTime")));
    }
}
