package dev.backstay.platform;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a simulated control plane behaves. Every time is in seconds; what is not said is as documented or measured.
 *
 * @param account the one account there is
 * @param outages when the control plane is away, and how
 * @param suspendedUntil until when the account is suspended (412); 0 for never
 * @param capacityWait how long a trainer is PENDING, once per life
 * @param trainerBoot how long it is CREATING
 * @param healthLag how long it is RUNNING before it serves
 * @param preemptions when a running trainer loses its machine
 * @param transition how long it is on its way out after that, at most 180
 * @param stalls when a running trainer dies silently
 * @param checkpointLag how late a checkpoint is listed
 * @param replicaBoot how long a replica takes to serve
 * @param readyEarly how long before that a new deployment says READY
 * @param perReplica requests that one replica works on at a time
 * @param scaleUpWindow before the platform adds replicas
 * @param scaleDownWindow before it removes some
 * @param datasetLag how long an uploaded dataset is not READY
 * @param batchWait how long a batch is VALIDATING, and again PENDING
 * @param batchPerRow how long each row of it takes
 * @param batchExpiry after how long it expires
 * @param urlLife how long a signed URL lives
 * @param tuning how long a managed job runs
 * @param metricsPerMinute how often metrics may be read
 */
public record PlatformScript(
        String account,
        List<Outage> outages,
        double suspendedUntil,
        double capacityWait,
        double trainerBoot,
        double healthLag,
        List<Double> preemptions,
        double transition,
        List<Double> stalls,
        double checkpointLag,
        double replicaBoot,
        double readyEarly,
        int perReplica,
        double scaleUpWindow,
        double scaleDownWindow,
        double datasetLag,
        double batchWait,
        double batchPerRow,
        double batchExpiry,
        double urlLife,
        double tuning,
        int metricsPerMinute) {

    /**
     * A time in which the control plane does not work.
     *
     * @param from its beginning
     * @param to its end
     * @param how a status from 500 on, {@code silence} or {@code refuse}
     */
    public record Outage(double from, double to, String how) {
        /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
        public Outage {
            if (from < 0 || to < from) {
                throw new IllegalArgumentException(
                        "outage is from " + from + " to " + to + ": it must end after it begins");
            }
            if (!how.matches("silence|refuse|5\\d\\d")) {
                throw new IllegalArgumentException(
                        "outage is '" + how + "': it must be silence, refuse or a status from 500 to 599");
            }
        }
    }

    /** Nothing goes wrong. */
    public static final PlatformScript DEFAULT = new PlatformScript(
            null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
            null, null, null, null);

    /** Reads a script; what is missing is the default. */
    @JsonCreator
    public PlatformScript(
            @JsonProperty("account") @Nullable String account,
            @JsonProperty("outages") @Nullable List<Outage> outages,
            @JsonProperty("suspended-until") @Nullable Double suspendedUntil,
            @JsonProperty("capacity-wait") @Nullable Double capacityWait,
            @JsonProperty("trainer-boot") @Nullable Double trainerBoot,
            @JsonProperty("health-lag") @Nullable Double healthLag,
            @JsonProperty("preemptions") @Nullable List<Double> preemptions,
            @JsonProperty("transition") @Nullable Double transition,
            @JsonProperty("stalls") @Nullable List<Double> stalls,
            @JsonProperty("checkpoint-lag") @Nullable Double checkpointLag,
            @JsonProperty("replica-boot") @Nullable Double replicaBoot,
            @JsonProperty("ready-early") @Nullable Double readyEarly,
            @JsonProperty("per-replica") @Nullable Integer perReplica,
            @JsonProperty("scale-up-window") @Nullable Double scaleUpWindow,
            @JsonProperty("scale-down-window") @Nullable Double scaleDownWindow,
            @JsonProperty("dataset-lag") @Nullable Double datasetLag,
            @JsonProperty("batch-wait") @Nullable Double batchWait,
            @JsonProperty("batch-per-row") @Nullable Double batchPerRow,
            @JsonProperty("batch-expiry") @Nullable Double batchExpiry,
            @JsonProperty("url-life") @Nullable Double urlLife,
            @JsonProperty("tuning") @Nullable Double tuning,
            @JsonProperty("metrics-per-minute") @Nullable Integer metricsPerMinute) {
        this(
                account == null ? "demo" : account,
                outages == null ? List.of() : List.copyOf(outages),
                or(suspendedUntil, 0),
                or(capacityWait, 20),
                or(trainerBoot, 120),
                or(healthLag, 15),
                preemptions == null ? List.of() : List.copyOf(preemptions),
                or(transition, 60),
                stalls == null ? List.of() : List.copyOf(stalls),
                or(checkpointLag, 30),
                or(replicaBoot, 120),
                or(readyEarly, 45),
                perReplica == null ? 8 : perReplica,
                or(scaleUpWindow, 30),
                or(scaleDownWindow, 600),
                or(datasetLag, 4),
                or(batchWait, 60),
                or(batchPerRow, 0.5),
                or(batchExpiry, 86_400),
                or(urlLife, 599),
                or(tuning, 1_800),
                metricsPerMinute == null ? 6 : metricsPerMinute);
    }

    private static double or(@Nullable Double said, double otherwise) {
        return said == null ? otherwise : said;
    }
}
