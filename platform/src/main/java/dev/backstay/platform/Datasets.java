package dev.backstay.platform;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Datasets: uploaded as a form or by a signed URL, downloaded by a signed URL that dies. */
final class Datasets {

    private final Platform platform;
    private final Map<String, Dataset> all = new LinkedHashMap<>();

    Datasets(Platform platform) {
        this.platform = platform;
    }

    private static final class Dataset {
        private final String id;
        private final ObjectNode made;
        private byte @Nullable [] bytes;
        private long readyNanos = Long.MAX_VALUE;
        private @Nullable LongFunction<Map<String, byte[]>> files;

        private Dataset(String id, ObjectNode made) {
            this.id = id;
            this.made = made;
        }
    }

    /** The rows of a dataset that is ready; null if there is none. */
    @Nullable
    String text(String name, long nowNanos) {
        Dataset dataset = all.get(last(name));
        return dataset == null || dataset.bytes == null || dataset.readyNanos > nowNanos
                ? null
                : new String(dataset.bytes, StandardCharsets.UTF_8);
    }

    /** A dataset that a job writes: its files, when asked at a moment. */
    void written(String name, LongFunction<Map<String, byte[]>> files) {
        Dataset dataset = new Dataset(last(name), Json.object());
        dataset.files = files;
        all.put(dataset.id, dataset);
    }

    PlatformAnswer answer(PlatformRequest request, List<String> path, long nowNanos) {
        if (path.isEmpty()) {
            return request.method().equals("POST")
                    ? create(request, nowNanos)
                    : Json.page("datasets", List.copyOf(all.values()), each -> row(each, nowNanos), request);
        }
        String[] named = path.get(0).split(":", 2);
        Dataset dataset = all.get(named[0]);
        if (dataset == null
                || dataset.files != null && dataset.files.apply(nowNanos).isEmpty()) {
            return PlatformAnswer.notFound("dataset " + named[0]);
        }
        if (named.length == 2) {
            return verb(request, dataset, named[1], nowNanos);
        }
        if (request.method().equals("DELETE")) {
            all.remove(dataset.id);
            return PlatformAnswer.empty();
        }
        return PlatformAnswer.of(row(dataset, nowNanos));
    }

    private PlatformAnswer create(PlatformRequest request, long nowNanos) {
        ObjectNode body = Json.read(request.body());
        String id = body.path("datasetId").asText();
        if (!id.matches("[a-z][a-z0-9-]{0,62}")) {
            return PlatformAnswer.invalid("dataset ID must be 1 to 63 of a-z, 0-9 and -, and begin with a letter");
        }
        if (!body.path("dataset").path("exampleCount").asText().matches("\\d{1,12}")) {
            return PlatformAnswer.invalid("dataset.example_count is required");
        }
        if (all.containsKey(id)) {
            return PlatformAnswer.exists("dataset " + id);
        }
        Dataset dataset = new Dataset(id, body.withObject("/dataset").deepCopy());
        all.put(id, dataset);
        return PlatformAnswer.of(row(dataset, nowNanos));
    }

    private PlatformAnswer verb(PlatformRequest request, Dataset dataset, String verb, long nowNanos) {
        switch (verb) {
            case "upload" -> {
                dataset.bytes = filePart(request.body());
                dataset.readyNanos = nowNanos + nanos(platform.script().datasetLag());
                return PlatformAnswer.empty();
            }
            case "getUploadEndpoint" -> {
                ObjectNode answer = Json.object();
                ObjectNode urls = answer.putObject("filenameToSignedUrls");
                Json.read(request.body())
                        .path("filenameToSize")
                        .fieldNames()
                        .forEachRemaining(file -> urls.put(file, url(request, "upload", dataset.id, file, nowNanos)));
                return PlatformAnswer.of(answer);
            }
            case "validateUpload" -> {
                if (dataset.bytes == null) {
                    return PlatformAnswer.precondition("nothing was uploaded to dataset " + dataset.id);
                }
                dataset.readyNanos = Math.min(
                        dataset.readyNanos, nowNanos + nanos(platform.script().datasetLag()));
                return PlatformAnswer.empty();
            }
            case "getDownloadEndpoint" -> {
                if (!request.method().equals("GET")) {
                    return PlatformAnswer.error(501, 12, "Method Not Allowed");
                }
                ObjectNode answer = Json.object();
                ObjectNode urls = answer.putObject("filenameToSignedUrls");
                files(dataset, nowNanos)
                        .keySet()
                        .forEach(file -> urls.put(
                                "dataset/" + dataset.id + "/" + file,
                                url(request, "download", dataset.id, file, nowNanos)));
                return PlatformAnswer.of(answer);
            }
            default -> {
                return PlatformAnswer.error(501, 12, "Method Not Allowed");
            }
        }
    }

    private String url(PlatformRequest request, String what, String dataset, String file, long nowNanos) {
        long dies = nowNanos + nanos(platform.script().urlLife());
        return request.base() + "/signed/" + what + "/" + dataset + "/" + file + "?expires=" + dies + "&signature="
                + Integer.toHexString((what + dataset + file + dies).hashCode());
    }

    /** What a signed URL does while it lives. No key is needed, and none may be sent. */
    PlatformAnswer signed(PlatformRequest request, long nowNanos) {
        String[] path = request.path().split("/", -1);
        String expires = request.parameter("expires");
        if (path.length != 5
                || !expires.matches("\\d{1,18}")
                || !Integer.toHexString((path[2] + path[3] + path[4] + expires).hashCode())
                        .equals(request.parameter("signature"))) {
            return PlatformAnswer.text(403, "application/xml", "<Error><Code>SignatureDoesNotMatch</Code></Error>");
        }
        if (!request.key().isEmpty()) {
            return PlatformAnswer.text(
                    400,
                    "application/xml",
                    "<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>");
        }
        if (nowNanos > Long.parseLong(expires)) {
            return PlatformAnswer.text(
                    403,
                    "application/xml",
                    "<Error><Code>ExpiredToken</Code><Message>Invalid argument: the signed URL has expired</Message></Error>");
        }
        Dataset dataset = all.get(path[3]);
        if (dataset == null) {
            return PlatformAnswer.text(404, "application/xml", "<Error><Code>NoSuchKey</Code></Error>");
        }
        if (path[2].equals("upload")) {
            dataset.bytes = request.body();
            return PlatformAnswer.text(200, "text/plain", "");
        }
        byte[] file = files(dataset, nowNanos).get(path[4]);
        return file == null
                ? PlatformAnswer.text(404, "application/xml", "<Error><Code>NoSuchKey</Code></Error>")
                : PlatformAnswer.file(file);
    }

    private static Map<String, byte[]> files(Dataset dataset, long nowNanos) {
        if (dataset.files != null) {
            return dataset.files.apply(nowNanos);
        }
        return dataset.bytes == null ? Map.of() : Map.of("data.jsonl", dataset.bytes);
    }

    private ObjectNode row(Dataset dataset, long nowNanos) {
        boolean ready = dataset.files != null || dataset.readyNanos <= nowNanos;
        return dataset.made
                .deepCopy()
                .put("name", "accounts/" + platform.account() + "/datasets/" + dataset.id)
                .put("state", ready ? "READY" : "UPLOADING");
    }

    /** The content of the one part of a form. */
    private static byte[] filePart(byte[] form) {
        String text = new String(form, StandardCharsets.ISO_8859_1);
        int head = text.indexOf("\r\n\r\n");
        int end = text.lastIndexOf("\r\n--", text.length() - 5);
        return head < 0 || end < head ? form : text.substring(head + 4, end).getBytes(StandardCharsets.ISO_8859_1);
    }

    static String last(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    private static long nanos(double seconds) {
        return (long) (seconds * Platform.SECOND);
    }
}
