package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A trainer to be created. Empty strings and missing numbers are not sent.
 *
 * <p>Three ways to say on which machines: a {@code shape} (which owns them, so naming machines as well is an error), machines by
 * hand, or neither, and then the platform chooses.
 *
 * @param id its id; the same id always means the same trainer, which makes creating repeatable
 * @param baseModel what is trained
 * @param loraRank 0 trains all weights
 * @param learningRate above 0
 * @param maxContextLength a multiple of 16, or missing
 * @param shape a training shape, or empty
 * @param acceleratorType for machines by hand
 * @param acceleratorCount for machines by hand
 * @param nodeCount for machines by hand
 * @param region where
 * @param imageTag a trainer image
 * @param extraArgs for the trainer; items with blanks are split at them
 * @param displayName for people, shorter than 64 characters
 * @param deployment a deployment whose weights are swapped while training
 * @param forwardOnly no training, only passes forward
 * @param preemptible cheaper, and may be taken away
 * @param inactivityTimeout it stops by itself after this long without a call; the documentation says 10 minutes and the SDK 60, so say it
 */
public record TrainerSpec(
        String id,
        String baseModel,
        int loraRank,
        double learningRate,
        OptionalInt maxContextLength,
        String shape,
        String acceleratorType,
        OptionalInt acceleratorCount,
        OptionalInt nodeCount,
        String region,
        String imageTag,
        List<String> extraArgs,
        String displayName,
        String deployment,
        boolean forwardOnly,
        boolean preemptible,
        @Nullable Duration inactivityTimeout) {

    private static final int DISPLAY_NAME_LIMIT = 64;
    private static final int CONTEXT_STEP = 16;
    private static final Duration LONGEST_INACTIVITY = Duration.ofHours(3);

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public TrainerSpec {
        Ids.check("trainer", id);
        extraArgs = extraArgs.stream()
                .flatMap(each -> List.of(each.strip().split("\\s+")).stream())
                .toList();
        require(!baseModel.isBlank(), "base-model", baseModel, "it must name a model");
        require(loraRank >= 0, "lora-rank", loraRank, "it must not be negative");
        require(learningRate > 0, "learning-rate", learningRate, "it must be above 0");
        require(
                displayName.length() < DISPLAY_NAME_LIMIT,
                "display-name",
                displayName,
                "it must be shorter than " + DISPLAY_NAME_LIMIT + " characters");
        checkContext(maxContextLength);
        boolean byHand = !acceleratorType.isEmpty() || acceleratorCount.isPresent() || nodeCount.isPresent();
        require(
                shape.isEmpty() || !byHand && maxContextLength.isEmpty(),
                "shape",
                shape,
                "it owns machines and context length, so name either it or them");
        checkInactivity(inactivityTimeout);
    }

    private static void checkContext(OptionalInt length) {
        boolean aligned = length.isEmpty() || length.getAsInt() > 0 && length.getAsInt() % CONTEXT_STEP == 0;
        require(aligned, "max-context-length", length.orElse(0), "it must be a positive multiple of " + CONTEXT_STEP);
    }

    private static void checkInactivity(@Nullable Duration time) {
        boolean fits = time == null || !time.isNegative() && !time.isZero() && time.compareTo(LONGEST_INACTIVITY) <= 0;
        require(fits, "inactivity-timeout", String.valueOf(time), "it must be longer than zero and at most 3 hours");
    }

    /** One of these machines' own choice, of which nothing else is said. */
    public static TrainerSpec of(String id, String baseModel) {
        return new TrainerSpec(
                id,
                baseModel,
                0,
                1e-5,
                OptionalInt.empty(),
                "",
                "",
                OptionalInt.empty(),
                OptionalInt.empty(),
                "",
                "",
                List.of(),
                "",
                "",
                false,
                false,
                null);
    }

    private static void require(boolean holds, String setting, Object value, String rule) {
        if (!holds) {
            throw new IllegalArgumentException("trainer setting '" + setting + "' is '" + value + "': " + rule);
        }
    }

    boolean isByHand() {
        return !acceleratorType.isEmpty() || acceleratorCount.isPresent() || nodeCount.isPresent();
    }

    /** What goes into the query: how the machines are chosen, and the id. */
    String query() {
        List<String> parts = new ArrayList<>();
        if (!deployment.isEmpty()) {
            parts.add("deploymentId=" + ControlPlane.encoded(deployment));
        }
        if (!shape.isEmpty()) {
            parts.add("trainingShape=" + ControlPlane.encoded(shape));
        } else if (isByHand()) {
            parts.add("skipValidations=true");
        }
        parts.add("rlorTrainerJobId=" + id);
        return "?" + String.join("&", parts);
    }

    /** What goes into the body. */
    ObjectNode body() {
        ObjectNode body =
                Proto.object().put("serviceMode", true).put("keepAlive", false).put("dataset", "");
        ObjectNode training = body.putObject("trainingConfig")
                .put("baseModel", baseModel)
                .put("loraRank", loraRank)
                .put("learningRate", learningRate);
        maxContextLength.ifPresent(length -> training.put("maxContextLength", length));
        put(training, "region", region);
        put(training, "customImageTag", imageTag);
        if (!extraArgs.isEmpty()) {
            extraArgs.forEach(training.putArray("extraArgs")::add);
        }
        put(training, "acceleratorType", acceleratorType);
        acceleratorCount.ifPresent(count -> training.put("acceleratorCount", count));
        if (isByHand()) {
            body.put("nodeCount", nodeCount.orElse(1));
        }
        put(body, "displayName", displayName);
        put(body, "hotLoadDeploymentId", deployment);
        if (forwardOnly) {
            body.put("forwardOnly", true);
        }
        if (preemptible) {
            body.put("preemptible", true);
        }
        if (inactivityTimeout != null) {
            body.put("inactivityTimeout", Proto.text(inactivityTimeout));
        }
        return body;
    }

    private static void put(ObjectNode into, String field, String value) {
        if (!value.isEmpty()) {
            into.put(field, value);
        }
    }
}
