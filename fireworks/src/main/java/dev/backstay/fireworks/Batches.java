package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.backstay.fireworks.FireworksException.Reason;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Batch inference, step by step. Each step may be taken again: ids come from the content, a 409 means that it was done before, and
 * a file is under its name only when it is whole. So a run that was killed anywhere is just run again.
 *
 * <pre>
 *   check ─▶ dataset ─▶ upload ─▶ READY? ─▶ job ─▶ ended? ─┬─ COMPLETED ─▶ download ─▶ merge
 *                                                          ├─ EXPIRED ─▶ a job that continues it ─▶ ended?
 *                                                          └─ FAILED ─▶ what it says
 * </pre>
 *
 * <p>Thread-safe.
 */
public final class Batches {

    /** Files up to this size go as a form; larger ones to a signed URL, as the platform wants it. */
    public static final long SMALL = 150_000_000;

    /** Jobs that go on with one that expired, at most. */
    public static final int CONTINUATIONS = 20;

    private static final Duration DATASET_POLL = Duration.ofSeconds(2);
    private static final Duration DATASET_LIMIT = Duration.ofHours(1);
    private static final Duration FIRST_POLL = Duration.ofSeconds(5);
    private static final Duration LONGEST_POLL = Duration.ofSeconds(30);

    /** A signed URL lives ten minutes; one that died on the way is asked for anew, so often. */
    private static final int URL_TRIES = 5;

    private final ControlPlane control;
    private final long small;

    Batches(ControlPlane control) {
        this(control, SMALL);
    }

    /** One to which files up to this size are small. */
    Batches(ControlPlane control, long small) {
        this.control = control;
        this.small = small;
    }

    /**
     * Uploads the rows and hands the batch in; what was done before is found and not done again.
     *
     * @param progress hears in words what is being done
     */
    public BatchJob submit(BatchSpec spec, Path file, BatchRows rows, Consumer<String> progress) throws IOException {
        String id = spec.idFor(rows);
        String dataset = id + "-in-" + rows.sha256().substring(0, 8);
        ObjectNode body = Proto.object()
                .put("model", spec.model())
                .put("inputDatasetId", name("datasets/" + dataset))
                .put("outputDatasetId", name("datasets/" + id + "-out"));
        if (!spec.parameters().isEmpty()) {
            body.set("inferenceParameters", spec.parameters());
        }
        Optional<JsonNode> before = control.find("read batch " + id, path(id));
        if (before.isPresent()) {
            requireSame(id, body, before.get());
            progress.accept("submitted before, as " + id);
            return BatchJob.of(before.get());
        }
        upload(dataset, file, rows, progress);
        progress.accept("handing in " + id);
        return create(id, body);
    }

    /** The answers to other rows must never be taken for the answers to these. */
    private static void requireSame(String id, ObjectNode wanted, JsonNode exists) {
        List<String> differences = Proto.differences("", wanted, exists);
        if (!differences.isEmpty()) {
            throw new FireworksException(
                    Reason.CONFLICT,
                    "there is a batch " + id + " already, and it is another one: " + String.join("; ", differences),
                    "choose another --id, or leave it out");
        }
    }

    /** The full name of something of the account's. */
    private String name(String rest) {
        return control.path(rest).substring("/v1/".length());
    }

    private BatchJob create(String id, ObjectNode body) {
        String collection = control.path("batchInferenceJobs");
        return BatchJob.of(
                control.create("submit batch " + id, collection + "?batchInferenceJobId=" + id, path(id), body));
    }

    private void upload(String dataset, Path file, BatchRows rows, Consumer<String> progress) throws IOException {
        ObjectNode body = Proto.object().put("datasetId", dataset);
        body.putObject("dataset")
                .put("exampleCount", Long.toString(rows.count()))
                .putObject("userUploaded");
        JsonNode there =
                control.create("create dataset " + dataset, control.path("datasets"), datasetPath(dataset), body);
        if (isReady(there)) {
            return;
        }
        progress.accept("uploading " + rows.count() + " rows");
        if (rows.bytes() <= small) {
            control.upload("upload to dataset " + dataset, datasetPath(dataset) + ":upload", file);
        } else {
            uploadSigned(dataset, file, rows);
        }
        long until = control.clock().nanos() + DATASET_LIMIT.toNanos();
        while (!isReady(control.get("read dataset " + dataset, datasetPath(dataset)))) {
            if (control.clock().nanos() - until > 0) {
                throw new FireworksException(
                        Reason.TIMEOUT,
                        "dataset " + dataset + " is not READY after " + DATASET_LIMIT,
                        "look at it in the console, delete it and run again");
            }
            progress.accept("the dataset is being checked");
            pause(DATASET_POLL, "dataset " + dataset);
        }
    }

    private static boolean isReady(JsonNode dataset) {
        return dataset.path("state").asText().equals("READY");
    }

    private void uploadSigned(String dataset, Path file, BatchRows rows) throws IOException {
        String name = "rows.jsonl";
        ObjectNode ask = Proto.object();
        ask.putObject("filenameToSize").put(name, rows.bytes());
        JsonNode urls =
                control.post("get a place to upload " + dataset, datasetPath(dataset) + ":getUploadEndpoint", ask);
        String url = urls.path("filenameToSignedUrls").path(name).asText();
        if (url.isEmpty()) {
            throw new FireworksException(Reason.UNAVAILABLE, "there is no place to upload " + dataset, "run again");
        }
        control.uploadSigned("upload to dataset " + dataset, URI.create(url), file, Files.size(file));
        control.post("have dataset " + dataset + " checked", datasetPath(dataset) + ":validateUpload", Proto.object());
    }

    /** A batch, if there is one. */
    public Optional<BatchJob> find(String id) {
        return control.find("read batch " + id, path(id)).map(BatchJob::of);
    }

    /** A batch. */
    public BatchJob get(String id) {
        return BatchJob.of(control.get("read batch " + id, path(id)));
    }

    /** All batches. */
    public List<BatchJob> list() {
        return control.list("list batches", control.path("batchInferenceJobs"), "batchInferenceJobs").stream()
                .map(BatchJob::of)
                .toList();
    }

    /** Cancels a batch by deleting it: there is no other way. Says whether it was there. */
    public boolean cancel(String id) {
        return control.delete("cancel batch " + id, path(id));
    }

    /**
     * Waits until every row has been worked on, and goes on with the rest if a job expires.
     *
     * @param progress hears the job at each look
     * @return the jobs, the first one first
     */
    public List<BatchJob> await(String id, Duration atMost, Consumer<BatchJob> progress) {
        long until = control.clock().nanos() + atMost.toNanos();
        List<BatchJob> chain = new ArrayList<>();
        String current = id;
        while (true) {
            BatchJob ended = awaitOne(current, until, atMost, progress);
            chain.add(ended);
            if (ended.state() != JobState.EXPIRED) {
                return chain;
            }
            if (chain.size() > CONTINUATIONS) {
                throw new FireworksException(
                        Reason.TIMEOUT,
                        "batch " + id + " expired " + chain.size() + " times",
                        "split it: its rows do not get done in time; what is done can be fetched");
            }
            current = continueFrom(id, ended, chain.size()).id();
        }
    }

    /** A new job with a new output, for the rows that are unfinished or failed. */
    private BatchJob continueFrom(String id, BatchJob expired, int number) {
        JsonNode first = control.get("read batch " + id, path(id));
        String next = id + "-c" + number;
        ObjectNode body = Proto.object()
                .put("model", first.path("model").asText())
                .put("inputDatasetId", first.path("inputDatasetId").asText())
                .put("outputDatasetId", name("datasets/" + id + "-out-c" + number))
                .put("continuedFromJobName", name("batchInferenceJobs/" + expired.id()));
        if (first.has("inferenceParameters")) {
            body.set("inferenceParameters", first.path("inferenceParameters"));
        }
        return create(next, body);
    }

    private BatchJob awaitOne(String id, long until, Duration atMost, Consumer<BatchJob> progress) {
        Duration poll = FIRST_POLL;
        while (true) {
            try {
                BatchJob job = get(id);
                progress.accept(job);
                if (job.state() == JobState.EXPIRED || job.state().kind() == JobState.Kind.DONE) {
                    return job;
                }
                if (job.state().isTerminal()) {
                    throw new FireworksException(
                            Reason.FAILED,
                            "batch " + id + " is " + job.state()
                                    + (job.message().isEmpty() ? "" : ": " + job.message()),
                            "if its rows are the cause, fix them; else hand it in again under another --id");
                }
            } catch (FireworksException no) {
                if (!no.isTransient()) {
                    throw no;
                }
            }
            if (control.clock().nanos() - until >= 0) {
                throw new FireworksException(
                        Reason.TIMEOUT,
                        "batch " + id + " has not ended within " + atMost,
                        "wait again; it goes on, and nothing is lost");
            }
            pause(poll, "batch " + id);
            Duration longer = poll.multipliedBy(3).dividedBy(2);
            poll = longer.compareTo(LONGEST_POLL) > 0 ? LONGEST_POLL : longer;
        }
    }

    /** The chain of a batch: itself, and the jobs that went on with it. */
    public List<BatchJob> chain(String id) {
        List<BatchJob> chain = new ArrayList<>(List.of(get(id)));
        for (int i = 1; i <= CONTINUATIONS && chain.get(chain.size() - 1).state() == JobState.EXPIRED; i++) {
            Optional<BatchJob> next = find(id + "-c" + i);
            if (next.isEmpty()) {
                break;
            }
            chain.add(next.get());
        }
        return chain;
    }

    /**
     * Downloads what the jobs wrote. URLs are asked for late, and anew when they have died; a file that is there is whole and stays.
     *
     * @param folder where to
     * @return the files, the newest job's last
     */
    public List<Path> download(List<BatchJob> chain, Path folder, Consumer<String> progress) throws IOException {
        Files.createDirectories(folder);
        List<Path> files = new ArrayList<>();
        for (BatchJob job : chain) {
            for (String name : new TreeMap<>(urls(job)).keySet()) {
                Path file = folder.resolve(job.id() + "-" + Ids.last(name));
                if (!Files.exists(file)) {
                    progress.accept("fetching " + name);
                    fetch(job, name, file);
                }
                files.add(file);
            }
        }
        return files;
    }

    private Map<String, String> urls(BatchJob job) {
        JsonNode answer = control.get(
                "get the output of batch " + job.id(), datasetPath(job.outputDataset()) + ":getDownloadEndpoint");
        Map<String, String> urls = new TreeMap<>();
        answer.path("filenameToSignedUrls")
                .properties()
                .forEach(file -> urls.put(file.getKey(), file.getValue().asText()));
        return urls;
    }

    private void fetch(BatchJob job, String name, Path file) {
        for (int attempt = 1; ; attempt++) {
            String url = urls(job).getOrDefault(name, "");
            try {
                control.downloadSigned("fetch " + name, URI.create(url), file);
                return;
            } catch (FireworksException no) {
                boolean died = no.status() == 403 || no.status() == 400;
                if (!died && !no.isTransient()) {
                    throw no;
                }
                if (attempt == URL_TRIES) {
                    throw new FireworksException(
                            Reason.UNAVAILABLE,
                            "could not fetch " + name + ": " + attempt + " signed URLs died on the way: "
                                    + no.getMessage(),
                            "run again; is this machine's clock right, and the line fast enough?");
                }
            }
        }
    }

    private void pause(Duration time, String what) {
        try {
            control.clock().pause(time);
        } catch (InterruptedException left) {
            Thread.currentThread().interrupt();
            throw new FireworksException(
                    Reason.CANCELLED, "the wait for " + what + " was cancelled; it goes on", "run again to go on");
        }
    }

    private String path(String id) {
        return control.path("batchInferenceJobs/" + Ids.check("batch", id));
    }

    private String datasetPath(String id) {
        return control.path("datasets/" + Ids.check("dataset", id));
    }
}
