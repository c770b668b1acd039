package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What a batch asks of which model.
 *
 * @param model the model
 * @param parameters {@code maxTokens}, {@code temperature}, {@code topP}, {@code topK}, {@code n}, {@code extraBody}; empty for the model's own
 * @param id its id, or empty for one made from the content: then the same rows, model and parameters are the same batch
 */
public record BatchSpec(String model, ObjectNode parameters, String id) {

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public BatchSpec {
        if (model.isBlank()) {
            throw new IllegalArgumentException("a batch needs a model: --model accounts/fireworks/models/NAME");
        }
        if (!id.isEmpty()) {
            Ids.check("batch", id);
            if (id.length() > Ids.LONGEST - SUFFIX) {
                throw new IllegalArgumentException("the id of the batch is '" + id + "': it must have at most "
                        + (Ids.LONGEST - SUFFIX) + " characters, because its datasets are named after it");
            }
        }
        parameters.properties().forEach(each -> check(each.getKey(), each.getValue()));
        parameters = parameters.deepCopy();
    }

    private static void check(String name, JsonNode value) {
        boolean fits = switch (name) {
            case "maxTokens", "topK", "n" -> value.isInt() && value.asInt() > 0;
            case "temperature", "topP" -> value.isNumber() && value.asDouble() >= 0;
            case "extraBody" -> value.isTextual();
            default ->
                throw new IllegalArgumentException("there is no batch parameter '" + name
                        + "'; there is: maxTokens, temperature, topP, topK, n, extraBody");
        };
        if (!fits) {
            throw new IllegalArgumentException("batch parameter '" + name + "' is " + value + ": it must be "
                    + (name.equals("extraBody")
                            ? "JSON as a text"
                            : name.startsWith("t") && !name.equals("topK")
                                    ? "a number from 0 on"
                                    : "a whole number above 0"));
        }
    }

    /** Characters that the names of its datasets and continuations add. */
    private static final int SUFFIX = 12;

    /** Its id, given its rows. */
    public String idFor(BatchRows rows) {
        return id.isEmpty() ? Ids.of("batch", model, parameters.toString(), rows.sha256()) : id;
    }
}
