package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;

/**
 * A batch as the control plane shows it.
 *
 * @param id its id
 * @param state where it is
 * @param message what it says; empty if nothing
 * @param outputDataset the id of the dataset that it writes
 * @param continuedFrom the id of the batch that it goes on with; empty if it goes on with none
 * @param rows requests in it
 * @param done requests worked on
 * @param failed requests that failed
 * @param expires when it expires
 */
public record BatchJob(
        String id,
        JobState state,
        String message,
        String outputDataset,
        String continuedFrom,
        long rows,
        long done,
        long failed,
        Optional<Instant> expires) {

    static BatchJob of(JsonNode row) {
        JsonNode progress = row.path("jobProgress");
        return new BatchJob(
                Ids.last(row.path("name").asText()),
                JobState.of(row.path("state").asText()),
                Proto.statusMessage(row),
                Ids.last(row.path("outputDatasetId").asText()),
                Ids.last(row.path("continuedFromJobName").asText()),
                Proto.int64(progress.path("totalInputRequests")),
                Proto.int64(progress.path("totalProcessedRequests")),
                Proto.int64(progress.path("failedRequests")),
                Proto.instant(row.path("expireTime")));
    }
}
