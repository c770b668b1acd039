package dev.backstay.platform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Batch inference: VALIDATING, PENDING, CREATING, RUNNING, COMPLETED. One bad row fails the whole job; a job that expires keeps
 * the rows that are finished, and another may go on with the rest. A row whose id has {@code fail} in it fails.
 */
final class Batches {

    private final Platform platform;
    private final Datasets datasets;
    private final Map<String, Batch> all = new LinkedHashMap<>();

    Batches(Platform platform, Datasets datasets) {
        this.platform = platform;
        this.datasets = datasets;
    }

    /** One job; its rows are known from the start, and how many of them are done depends on the time. */
    private static final class Batch {
        private final String id;
        private final ObjectNode made;
        private final List<JsonNode> rows;
        private final String wrong;
        private final long createdNanos;

        private Batch(String id, ObjectNode made, List<JsonNode> rows, String wrong, long createdNanos) {
            this.id = id;
            this.made = made;
            this.rows = rows;
            this.wrong = wrong;
            this.createdNanos = createdNanos;
        }
    }

    PlatformAnswer answer(PlatformRequest request, List<String> path, long nowNanos) {
        if (path.isEmpty()) {
            return request.method().equals("POST")
                    ? create(request, nowNanos)
                    : Json.page("batchInferenceJobs", List.copyOf(all.values()), each -> row(each, nowNanos), request);
        }
        Batch batch = all.get(path.get(0));
        if (batch == null) {
            return PlatformAnswer.notFound("batch inference job " + path.get(0));
        }
        if (request.method().equals("DELETE")) {
            all.remove(batch.id);
            return PlatformAnswer.of(row(batch, nowNanos).put("state", "JOB_STATE_DELETING_CLEANING_UP"));
        }
        return PlatformAnswer.of(row(batch, nowNanos));
    }

    private PlatformAnswer create(PlatformRequest request, long nowNanos) {
        ObjectNode body = Json.read(request.body());
        String id = request.parameter("batchInferenceJobId");
        if (!id.matches("[a-z][a-z0-9-]{0,62}")) {
            return PlatformAnswer.invalid(
                    "batch inference job ID must be 1 to 63 of a-z, 0-9 and -, and begin with a letter");
        }
        if (all.containsKey(id)) {
            return PlatformAnswer.exists("batch inference job " + id);
        }
        if (body.path("model").asText().isEmpty()) {
            return PlatformAnswer.invalid("model is required");
        }
        String text = datasets.text(body.path("inputDatasetId").asText(), nowNanos);
        if (text == null) {
            return PlatformAnswer.precondition("input dataset is not READY");
        }
        List<JsonNode> rows = new ArrayList<>();
        String wrong = read(text, rows);
        String before = body.path("continuedFromJobName").asText();
        if (!before.isEmpty()) {
            Batch earlier = all.get(Datasets.last(before));
            if (earlier == null) {
                return PlatformAnswer.notFound(before);
            }
            Set<String> finished = finished(earlier, nowNanos);
            rows.clear();
            rows.addAll(earlier.rows);
            rows.removeIf(each -> finished.contains(each.path("custom_id").asText()));
        }
        Batch batch = new Batch(id, body, rows, wrong, nowNanos);
        if (body.path("outputDatasetId").asText().isEmpty()) {
            body.put("outputDatasetId", "accounts/" + platform.account() + "/datasets/" + id + "-output");
        }
        all.put(id, batch);
        datasets.written(body.path("outputDatasetId").asText(), now -> files(batch, now));
        return PlatformAnswer.of(row(batch, nowNanos));
    }

    private static String read(String text, List<JsonNode> rows) {
        Set<String> ids = new HashSet<>();
        int line = 0;
        for (String each : text.lines().toList()) {
            line++;
            try {
                JsonNode row = Json.MAPPER.readTree(each);
                if (!row.path("custom_id").isTextual()
                        || !row.path("body").isObject()
                        || !ids.add(row.path("custom_id").asText())) {
                    return "line " + line + ": custom_id and body are required, and ids must be unique";
                }
                rows.add(row);
            } catch (IOException notJson) {
                return "line " + line + ": not valid JSON";
            }
        }
        return "";
    }

    private String state(Batch batch, long nowNanos) {
        PlatformScript script = platform.script();
        double age = (nowNanos - batch.createdNanos) / Platform.SECOND;
        if (age < script.batchWait()) {
            return "VALIDATING";
        }
        if (!batch.wrong.isEmpty()) {
            return "FAILED";
        }
        if (age >= script.batchExpiry() && done(batch, nowNanos) < batch.rows.size()) {
            return "EXPIRED";
        }
        if (age < 2 * script.batchWait()) {
            return "PENDING";
        }
        if (age < 2.5 * script.batchWait()) {
            return "CREATING";
        }
        return done(batch, nowNanos) < batch.rows.size() ? "RUNNING" : "COMPLETED";
    }

    /** Rows that are done by now. */
    private int done(Batch batch, long nowNanos) {
        PlatformScript script = platform.script();
        double age = Math.min(script.batchExpiry(), (nowNanos - batch.createdNanos) / Platform.SECOND);
        double running = age - 2.5 * script.batchWait();
        return running < 0 || !batch.wrong.isEmpty()
                ? 0
                : (int) Math.min(batch.rows.size(), Math.floor(running / Math.max(1e-9, script.batchPerRow())));
    }

    private Set<String> finished(Batch batch, long nowNanos) {
        Set<String> ids = new HashSet<>();
        for (JsonNode row : batch.rows.subList(0, done(batch, nowNanos))) {
            if (!fails(row)) {
                ids.add(row.path("custom_id").asText());
            }
        }
        return ids;
    }

    private static boolean fails(JsonNode row) {
        return row.path("custom_id").asText().contains("fail");
    }

    /** The output is there when the job has ended, and its rows come in no order. */
    private Map<String, byte[]> files(Batch batch, long nowNanos) {
        String state = state(batch, nowNanos);
        if (!state.equals("COMPLETED") && !state.equals("EXPIRED")) {
            return Map.of();
        }
        StringBuilder good = new StringBuilder();
        StringBuilder bad = new StringBuilder();
        for (int i = done(batch, nowNanos) - 1; i >= 0; i--) {
            JsonNode row = batch.rows.get(i);
            String id = row.path("custom_id").asText();
            if (fails(row)) {
                ObjectNode failed = Json.object().put("custom_id", id).put("error", "generation failed");
                bad.append(failed).append('\n');
            } else {
                ObjectNode answered = Json.object().put("custom_id", id);
                answered.set("response", answerTo(batch, id));
                good.append(answered).append('\n');
            }
        }
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("BIJOutputSet.jsonl", good.toString().getBytes(StandardCharsets.UTF_8));
        if (!bad.isEmpty()) {
            files.put("error-data", bad.toString().getBytes(StandardCharsets.UTF_8));
        }
        return files;
    }

    private static ObjectNode answerTo(Batch batch, String id) {
        ObjectNode answer = Json.object()
                .put("id", batch.id + "-" + id)
                .put("object", "chat.completion")
                .put("model", batch.made.path("model").asText());
        ObjectNode choice =
                answer.putArray("choices").addObject().put("index", 0).put("finish_reason", "stop");
        choice.putObject("message").put("role", "assistant").put("content", "the answer to " + id);
        return answer;
    }

    private ObjectNode row(Batch batch, long nowNanos) {
        ObjectNode row = batch.made.deepCopy();
        String state = state(batch, nowNanos);
        int done = done(batch, nowNanos);
        int good = finished(batch, nowNanos).size();
        row.put("name", "accounts/" + platform.account() + "/batchInferenceJobs/" + batch.id)
                .put("state", "JOB_STATE_" + state)
                .put("createTime", platform.date(batch.createdNanos))
                .put(
                        "expireTime",
                        platform.date(
                                batch.createdNanos + (long) (platform.script().batchExpiry() * Platform.SECOND)));
        row.putObject("jobProgress")
                .put("percent", batch.rows.isEmpty() ? 0 : 100 * done / batch.rows.size())
                .put("totalInputRequests", Integer.toString(batch.rows.size()))
                .put("totalProcessedRequests", Integer.toString(done))
                .put("successfullyProcessedRequests", Integer.toString(good))
                .put("failedRequests", Integer.toString(done - good));
        @Nullable String why = state.equals("FAILED") ? "invalid input dataset: " + batch.wrong : null;
        row.putObject("status")
                .put("code", why == null ? "OK" : "INVALID_ARGUMENT")
                .put("message", why == null ? "" : why);
        return row;
    }
}
