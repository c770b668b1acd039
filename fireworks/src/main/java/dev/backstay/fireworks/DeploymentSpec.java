package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A deployment to be created.
 *
 * @param id its id
 * @param baseModel what it serves
 * @param shape a deployment shape, which owns the hardware, or empty
 * @param accelerator a type of accelerator, or empty
 * @param min replicas at least
 * @param max replicas at most
 */
public record DeploymentSpec(String id, String baseModel, String shape, String accelerator, int min, int max) {

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public DeploymentSpec {
        Ids.check("deployment", id);
        if (baseModel.isBlank()) {
            throw new IllegalArgumentException("deployment setting 'base-model' is empty: it must name a model");
        }
        checkBounds(min, max);
        if (!shape.isEmpty() && !accelerator.isEmpty()) {
            throw new IllegalArgumentException(
                    "a deployment shape owns the hardware: name a shape or an accelerator, not both");
        }
    }

    static void checkBounds(int min, int max) {
        if (min < 0 || max < min) {
            throw new IllegalArgumentException("replicas are " + min + " to " + max + ": it must be 0 <= min <= max");
        }
    }

    ObjectNode body() {
        ObjectNode body = Proto.object()
                .put("baseModel", baseModel)
                .put("minReplicaCount", min)
                .put("maxReplicaCount", max);
        if (!shape.isEmpty()) {
            body.put("deploymentShape", shape);
        }
        if (!accelerator.isEmpty()) {
            body.put("acceleratorType", accelerator);
        }
        return body;
    }
}
