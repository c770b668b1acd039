package dev.backstay.platform;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Managed fine-tuning: SFT, DPO and RFT jobs, which differ in little but their names here. */
final class TuningJobs {

    private static final Map<String, String> ID_PARAMETERS = Map.of(
            "supervisedFineTuningJobs", "supervisedFineTuningJobId",
            "dpoJobs", "dpoJobId",
            "reinforcementFineTuningJobs", "reinforcementFineTuningJobId");

    private final Platform platform;
    private final Map<String, Job> all = new LinkedHashMap<>();

    TuningJobs(Platform platform) {
        this.platform = platform;
    }

    private static final class Job {
        private final String name;
        private final ObjectNode made;
        private final long createdNanos;
        private long beganNanos;
        private double doneBefore;
        private String stopped = "";

        private Job(String name, ObjectNode made, long nowNanos) {
            this.name = name;
            this.made = made;
            this.createdNanos = nowNanos;
            this.beganNanos = nowNanos;
        }
    }

    PlatformAnswer answer(PlatformRequest request, String kind, List<String> path, long nowNanos) {
        String prefix = "accounts/" + platform.account() + "/" + kind + "/";
        if (path.isEmpty() && request.method().equals("POST")) {
            return create(request, kind, prefix, nowNanos);
        }
        if (path.isEmpty()) {
            List<Job> shown = all.values().stream()
                    .filter(each -> each.name.startsWith(prefix))
                    .toList();
            return Json.page(kind, shown, each -> row(each, nowNanos), request);
        }
        String[] named = path.get(0).split(":", 2);
        Job job = all.get(prefix + named[0]);
        if (job == null) {
            return PlatformAnswer.notFound(kind + " " + named[0]);
        }
        return named.length == 1 ? PlatformAnswer.of(row(job, nowNanos)) : verb(job, named[1], nowNanos);
    }

    private PlatformAnswer create(PlatformRequest request, String kind, String prefix, long nowNanos) {
        ObjectNode body = Json.read(request.body());
        String id = request.parameter(ID_PARAMETERS.getOrDefault(kind, ""));
        if (!id.matches("[a-z][a-z0-9-]{0,62}")) {
            return PlatformAnswer.invalid("job ID must be 1 to 63 of a-z, 0-9 and -, and begin with a letter");
        }
        if (body.path("dataset").asText().isEmpty()) {
            return PlatformAnswer.invalid("dataset is required");
        }
        if (all.containsKey(prefix + id)) {
            return PlatformAnswer.exists(prefix + id);
        }
        Job job = new Job(prefix + id, body, nowNanos);
        all.put(job.name, job);
        return PlatformAnswer.of(row(job, nowNanos));
    }

    private double done(Job job, long nowNanos) {
        double since = job.stopped.isEmpty() ? (nowNanos - job.beganNanos) / Platform.SECOND : 0;
        return Math.min(
                1, job.doneBefore + since / Math.max(1e-9, platform.script().tuning()));
    }

    private String state(Job job, long nowNanos) {
        if (!job.stopped.isEmpty()) {
            return job.stopped;
        }
        double done = done(job, nowNanos);
        return done >= 1 ? "COMPLETED" : done < 0.05 ? "PENDING" : "RUNNING";
    }

    private PlatformAnswer verb(Job job, String verb, long nowNanos) {
        String state = state(job, nowNanos);
        if (verb.equals("cancel") && !state.equals("COMPLETED")) {
            job.doneBefore = done(job, nowNanos);
            job.stopped = "CANCELLED";
        } else if (verb.equals("resume") && !job.stopped.isEmpty()) {
            job.stopped = "";
            job.beganNanos = nowNanos;
        } else {
            return PlatformAnswer.precondition(job.name + " is in state " + state);
        }
        return PlatformAnswer.of(row(job, nowNanos));
    }

    private ObjectNode row(Job job, long nowNanos) {
        ObjectNode row = job.made
                .deepCopy()
                .put("name", job.name)
                .put("state", "JOB_STATE_" + state(job, nowNanos))
                .put("createTime", platform.date(job.createdNanos));
        row.putObject("jobProgress")
                .put("percent", (int) (100 * done(job, nowNanos)))
                .put("epoch", 0);
        row.putObject("status").put("code", "OK").put("message", "");
        return row;
    }
}
