package dev.backstay.fireworks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A whole batch, from a file of rows to a file of answers. Killed anywhere and run again, it goes on: nothing is submitted twice
 * and no row is lost.
 *
 * <p>Beside {@code OUT} it keeps a folder {@code OUT.parts} of downloaded files until the answers are written.
 *
 * @param batches does the steps
 * @param spec what is asked of which model
 * @param in rows
 * @param out answers, in the order of the rows
 * @param atMost how long to wait for the batch
 */
public record BatchRun(Batches batches, BatchSpec spec, Path in, Path out, Duration atMost) {

    /**
     * What came of it.
     *
     * @param id the batch
     * @param jobs how many jobs it took: more than one if it expired
     * @param rows rows handed in
     * @param answered rows with an answer, in the output
     * @param failed rows that failed, in the errors file
     * @param missing rows of which nothing was said, in the errors file
     * @param errors the errors file; it is there only if there is an error
     */
    public record Finished(String id, int jobs, long rows, long answered, long failed, long missing, Path errors) {}

    /** Where the rows that failed go. */
    public Path errors() {
        return errorsOf(out);
    }

    /** Where the rows that failed go, beside this output. */
    public static Path errorsOf(Path out) {
        String name = String.valueOf(out.getFileName());
        int dot = name.lastIndexOf('.');
        return out.resolveSibling(
                dot > 0 ? name.substring(0, dot) + ".errors" + name.substring(dot) : name + ".errors");
    }

    /** Runs it to its end. */
    public Finished run(Consumer<String> said, Consumer<BatchJob> progress) throws IOException {
        BatchRows rows = BatchRows.read(in);
        said.accept(rows.count() + " rows are as they must be");
        BatchJob job = batches.submit(spec, in, rows, said);
        List<BatchJob> chain = batches.await(job.id(), atMost, progress);
        return fetch(chain, rows.ids(), said);
    }

    /** Downloads and merges what the jobs wrote. */
    public Finished fetch(List<BatchJob> chain, List<String> ids, Consumer<String> said) throws IOException {
        Path parts = out.resolveSibling(out.getFileName() + ".parts");
        List<Path> files = batches.download(chain, parts, said);
        BatchOutput.Merged merged = BatchOutput.merge(files, ids, out, errors());
        try (Stream<Path> old = Files.list(parts)) {
            for (Path each : old.toList()) {
                Files.delete(each);
            }
        }
        Files.delete(parts);
        long rows = ids.isEmpty() ? merged.answered() + merged.failed() : ids.size();
        return new Finished(
                chain.get(0).id(), chain.size(), rows, merged.answered(), merged.failed(), merged.missing(), errors());
    }
}
