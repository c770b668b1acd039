package dev.backstay.fireworks;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Puts what a batch wrote, in no order and perhaps in several files, into one file in the order of its rows. Only where each row
 * stands is kept in memory.
 */
final class BatchOutput {

    /**
     * What came of it.
     *
     * @param answered rows with an answer
     * @param failed rows that failed, which are in the errors file
     * @param missing rows of which the output says nothing, which are in the errors file too
     */
    record Merged(long answered, long failed, long missing) {}

    private record Place(int file, long at, int length) {}

    private static final int BUFFER = 1 << 16;

    private final List<Path> files;
    private final Map<String, Place> answers = new HashMap<>();
    private final Map<String, Place> errors = new HashMap<>();

    private BatchOutput(List<Path> files) {
        this.files = files;
    }

    /** Writes the answers and, beside them, the errors; an errors file from before is removed if there are none. */
    static Merged merge(List<Path> files, List<String> ids, Path out, Path errorsOut) throws IOException {
        BatchOutput output = new BatchOutput(files);
        for (int i = 0; i < files.size(); i++) {
            output.index(
                    i,
                    String.valueOf(files.get(i).getFileName()).endsWith("-error-data")
                            ? output.errors
                            : output.answers);
        }
        output.errors.keySet().removeAll(output.answers.keySet());
        List<String> order = ids.isEmpty() ? new ArrayList<>(output.answers.keySet()) : ids;
        List<String> missing = order.stream()
                .filter(id -> !output.answers.containsKey(id) && !output.errors.containsKey(id))
                .toList();
        List<String> failed = (ids.isEmpty() ? List.copyOf(output.errors.keySet()) : ids)
                .stream().filter(output.errors::containsKey).toList();
        List<String> answered =
                order.stream().filter(output.answers::containsKey).toList();
        if (failed.isEmpty() && missing.isEmpty()) {
            Files.deleteIfExists(errorsOut);
        } else {
            output.write(errorsOut, failed, output.errors, missing);
        }
        output.write(out, answered, output.answers, List.of());
        return new Merged(answered.size(), failed.size(), missing.size());
    }

    private void index(int file, Map<String, Place> into) throws IOException {
        try (InputStream in = Files.newInputStream(files.get(file))) {
            byte[] piece = new byte[BUFFER];
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            long lineAt = 0;
            for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                for (int i = 0; i < n; i++) {
                    if (piece[i] == '\n') {
                        row(line.toByteArray(), file, lineAt, into);
                        lineAt += line.size() + 1;
                        line.reset();
                    } else {
                        line.write(piece[i]);
                    }
                }
            }
            row(line.toByteArray(), file, lineAt, into);
        }
    }

    private static void row(byte[] line, int file, long at, Map<String, Place> into) throws IOException {
        if (line.length > 0) {
            JsonNode row = Proto.JSON.readTree(line);
            into.put(row.path("custom_id").asText(), new Place(file, at, line.length));
        }
    }

    private void write(Path out, List<String> ids, Map<String, Place> places, List<String> missing) throws IOException {
        Path part = out.resolveSibling(out.getFileName() + ".part");
        List<RandomAccessFile> open = new ArrayList<>();
        try (OutputStream to = new BufferedOutputStream(Files.newOutputStream(part), BUFFER)) {
            for (Path file : files) {
                open.add(new RandomAccessFile(file.toFile(), "r"));
            }
            for (String id : ids) {
                Place place = Objects.requireNonNull(places.get(id));
                byte[] line = new byte[place.length];
                open.get(place.file).seek(place.at);
                open.get(place.file).readFully(line);
                to.write(line);
                to.write('\n');
            }
            for (String id : missing) {
                String why = "the batch ended, and its output says nothing of this row";
                String row =
                        Proto.object().put("custom_id", id).put("error", why).toString();
                to.write((row + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } finally {
            for (RandomAccessFile each : open) {
                each.close();
            }
        }
        try (FileChannel written = FileChannel.open(part, StandardOpenOption.WRITE)) {
            written.force(true);
        }
        Files.move(part, out, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }
}
