package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/**
 * A managed fine-tuning job.
 *
 * @param name its full name
 * @param kind which kind
 * @param state where it is
 * @param percent how far it is, 0 to 100
 * @param message what it says; empty if nothing
 * @param outputModel what it makes; empty if it does not say
 */
public record TuningJob(String name, Kind kind, JobState state, int percent, String message, String outputModel) {

    /** The kinds, and their paths. */
    public enum Kind {
        SFT("supervisedFineTuningJobs", "supervisedFineTuningJobId"),
        DPO("dpoJobs", "dpoJobId"),
        RFT("reinforcementFineTuningJobs", "reinforcementFineTuningJobId");

        private final String plural;
        private final String idParameter;

        Kind(String plural, String idParameter) {
            this.plural = plural;
            this.idParameter = idParameter;
        }

        String plural() {
            return plural;
        }

        String idParameter() {
            return idParameter;
        }

        /** The word used in commands. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static TuningJob of(Kind kind, JsonNode row) {
        String output = row.path("outputModel")
                .asText(row.path("trainingConfig").path("outputModel").asText());
        return new TuningJob(
                row.path("name").asText(),
                kind,
                JobState.of(row.path("state").asText()),
                row.path("jobProgress").path("percent").asInt(),
                Proto.statusMessage(row),
                output);
    }
}
