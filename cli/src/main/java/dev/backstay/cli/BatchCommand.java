package dev.backstay.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.backstay.fireworks.BatchJob;
import dev.backstay.fireworks.BatchRows;
import dev.backstay.fireworks.BatchRun;
import dev.backstay.fireworks.BatchSpec;
import dev.backstay.fireworks.FireworksClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Batch inference. */
@Command(
        name = "batch",
        description = "Batch inference: rows in, answers out. Killed and run again, a run goes on.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class BatchCommand implements Runnable {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Mixin
    private FireworksDoor door = new FireworksDoor();

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Missing required subcommand");
    }

    /** What is asked of which model. */
    static final class Asked {
        @Option(names = "--model", paramLabel = "MODEL", required = true, description = "Which model answers.")
        private String model;

        @Option(
                names = "--id",
                paramLabel = "ID",
                description =
                        "Its id. Default: made from rows, model and parameters, so that the same is submitted once.")
        private String id = "";

        @Option(
                names = "--parameter",
                paramLabel = "NAME=VALUE",
                description = "maxTokens, temperature, topP, topK, n, extraBody; may be repeated.")
        private @Nullable Map<String, String> parameters;

        BatchSpec spec() {
            ObjectNode node = JSON.createObjectNode();
            if (parameters != null) {
                parameters.forEach((name, value) -> {
                    if (value.matches("-?\\d{1,9}")) {
                        node.put(name, Integer.parseInt(value));
                    } else if (value.matches("-?\\d{1,9}\\.\\d{1,9}")) {
                        node.put(name, Double.parseDouble(value));
                    } else {
                        node.put(name, value);
                    }
                });
            }
            return new BatchSpec(model, node, id);
        }
    }

    private static String line(BatchJob job) {
        String said = job.message().isEmpty() ? "" : ": " + job.message();
        return String.format(
                "%-40s %-10s %d of %d rows done, %d failed%s%n",
                job.id(), job.state(), job.done(), job.rows(), job.failed(), said);
    }

    private static long percent(BatchJob job) {
        return job.rows() == 0 ? 0 : 100 * job.done() / job.rows();
    }

    @Command(
            name = "check",
            description = "Checks rows: one bad row fails a whole batch.",
            mixinStandardHelpOptions = true)
    int check(@Parameters(paramLabel = "IN") Path in) throws IOException {
        BatchRows rows = BatchRows.read(in);
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("rows", rows.count());
        found.put("bytes", rows.bytes());
        found.put("sha256", rows.sha256());
        return door.print(found, rows.count() + " rows are as they must be");
    }

    @Command(
            name = "submit",
            description = "Checks, uploads and hands in, and does not wait.",
            mixinStandardHelpOptions = true)
    int submit(
            @Parameters(paramLabel = "IN") Path in,
            @Mixin Asked asked,
            @Option(names = "--dry-run", description = "Check only, and say what would be handed in.") boolean dryRun)
            throws IOException {
        BatchSpec wanted = asked.spec();
        BatchRows rows = BatchRows.read(in);
        if (dryRun) {
            return wouldSubmit(wanted, rows);
        }
        try (FireworksClient client = door.open()) {
            BatchJob job = client.batches().submit(wanted, in, rows, door::say);
            door.checkClock(client);
            return door.print(job, line(job));
        }
    }

    private int wouldSubmit(BatchSpec wanted, BatchRows rows) throws IOException {
        Map<String, Object> would = new LinkedHashMap<>();
        would.put("would", "submit");
        would.put("id", wanted.idFor(rows));
        would.put("rows", rows.count());
        would.put("bytes", rows.bytes());
        return door.print(
                would, "would submit " + rows.count() + " rows as " + wanted.idFor(rows) + "; nothing was changed");
    }

    @Command(name = "list", description = "All batches.", mixinStandardHelpOptions = true)
    int list() throws IOException {
        try (FireworksClient client = door.open()) {
            List<BatchJob> all = client.batches().list();
            StringBuilder text = new StringBuilder();
            all.forEach(each -> text.append(line(each)));
            return door.print(all, all.isEmpty() ? "no batches" : text.toString());
        }
    }

    @Command(name = "get", description = "One, as it is now.", mixinStandardHelpOptions = true)
    int get(@Parameters(paramLabel = "ID") String id) throws IOException {
        try (FireworksClient client = door.open()) {
            BatchJob job = client.batches().get(id);
            return door.print(job, line(job));
        }
    }

    @Command(
            name = "wait",
            description = "Waits until every row has been worked on; goes on when it expires.",
            mixinStandardHelpOptions = true)
    int await(
            @Parameters(paramLabel = "ID") String id,
            @Option(
                            names = "--timeout",
                            paramLabel = "TIME",
                            defaultValue = "96h",
                            description = "Default: ${DEFAULT-VALUE}")
                    String timeout)
            throws IOException {
        Duration atMost = FireworksDoor.time("--timeout", timeout);
        try (FireworksClient client = door.open();
                Waiting shown = Waiting.of(door, id, true)) {
            List<BatchJob> chain = client.batches()
                    .await(
                            id,
                            atMost,
                            job -> shown.percent(percent(job), line(job).strip()));
            shown.end();
            BatchJob last = chain.get(chain.size() - 1);
            return door.print(last, line(last));
        }
    }

    @Command(
            name = "fetch",
            description = "Writes the answers of a batch that has ended.",
            mixinStandardHelpOptions = true)
    int fetch(
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where to.") Path out,
            @Option(names = "--in", paramLabel = "FILE", description = "The rows, for their order.") @Nullable Path in)
            throws IOException {
        requireWritable(in == null ? out.resolveSibling("no rows") : in, out);
        List<String> ids = in == null ? List.of() : BatchRows.read(in).ids();
        try (FireworksClient client = door.open()) {
            List<BatchJob> chain = client.batches().chain(id);
            BatchJob last = chain.get(chain.size() - 1);
            if (!last.state().isTerminal()) {
                throw new IllegalArgumentException(
                        "batch " + id + " is " + last.state() + ": wait for its end with: backstay batch wait " + id);
            }
            BatchSpec any = new BatchSpec("any", JSON.createObjectNode(), "");
            BatchRun run = new BatchRun(client.batches(), any, out, out, Duration.ofHours(1));
            return finished(run.fetch(chain, ids, door::say), out);
        }
    }

    @Command(
            name = "run",
            description = "Checks, uploads, hands in, waits, and writes the answers in the order of the rows.",
            mixinStandardHelpOptions = true)
    int run(
            @Parameters(paramLabel = "IN") Path in,
            @Mixin Asked asked,
            @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where the answers go.")
                    Path out,
            @Option(
                            names = "--timeout",
                            paramLabel = "TIME",
                            defaultValue = "96h",
                            description = "Default: ${DEFAULT-VALUE}")
                    String timeout,
            @Option(names = "--dry-run", description = "Check only, and say what would be handed in.") boolean dryRun)
            throws IOException {
        BatchSpec wanted = asked.spec();
        if (dryRun) {
            return wouldSubmit(wanted, BatchRows.read(in));
        }
        requireWritable(in, out);
        try (FireworksClient client = door.open();
                Waiting shown = Waiting.of(door, "batch", true)) {
            BatchRun run = new BatchRun(client.batches(), wanted, in, out, FireworksDoor.time("--timeout", timeout));
            BatchRun.Finished finished = run.run(
                    shown::heard, job -> shown.percent(percent(job), line(job).strip()));
            door.checkClock(client);
            shown.end();
            return finished(finished, out);
        }
    }

    /** Better to know before a batch is paid for than after. */
    private static void requireWritable(Path in, Path out) throws IOException {
        Path folder = out.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder) || Files.isDirectory(out)) {
            throw new IllegalArgumentException(
                    "--out is " + out + ", and nothing can be written there: it must be a file in a folder of yours");
        }
        Path errors = BatchRun.errorsOf(out);
        for (Path written : List.of(out, errors)) {
            if (Files.exists(written) && Files.exists(in) && Files.isSameFile(in, written)) {
                throw new IllegalArgumentException(
                        "the rows are in " + in + ", which --out would overwrite: choose another");
            }
        }
    }

    private int finished(BatchRun.Finished finished, Path out) throws IOException {
        String jobs = finished.jobs() == 1 ? "" : ", in " + finished.jobs() + " jobs";
        String bad = finished.failed() + finished.missing() == 0
                ? ""
                : "; " + finished.failed() + " failed and " + finished.missing() + " are missing: see "
                        + finished.errors();
        String text = finished.answered() + " of " + finished.rows() + " rows answered" + jobs + ", in " + out + bad;
        return door.print(finished, text, finished.failed() + finished.missing() == 0 ? 0 : 1);
    }

    @Command(
            name = "cancel",
            description = "Cancels one by deleting it: there is no other way.",
            mixinStandardHelpOptions = true)
    int cancel(
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun)
            throws IOException {
        try (FireworksClient client = door.open()) {
            if (dryRun) {
                BatchJob job = client.batches().get(id);
                return door.print(
                        Map.of("would", "cancel", "job", job), "would cancel it; nothing was changed\n" + line(job));
            }
            boolean was = client.batches().cancel(id);
            return door.print(Map.of("cancelled", was), was ? id + " is being cancelled" : id + " was not there");
        }
    }
}
