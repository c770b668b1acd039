package dev.backstay.cli;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.backstay.client.Durations;
import dev.backstay.core.CallListener;
import dev.backstay.simulator.Replay;
import dev.backstay.simulator.Tally;
import dev.backstay.simulator.Timeline;
import dev.backstay.simulator.TimelineChart;
import dev.backstay.simulator.Trace;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Plays a trace of real calls against a provider that fails, without Backstay and with it. */
@Command(
        name = "replay",
        description = "Plays a trace of calls against a simulated provider, directly and through Backstay.",
        mixinStandardHelpOptions = true)
final class ReplayCommand implements Callable<Integer> {

    private static final int BAD_ROWS_SHOWN = 5;

    private static final String AZURE_CODE = "azure-code";

    private enum Clock {
        VIRTUAL,
        WALL
    }

    private enum BadRows {
        REFUSE,
        SKIP
    }

    @Parameters(
            paramLabel = "TRACE.csv",
            description = "Lines of TIMESTAMP,ContextTokens,GeneratedTokens; or " + AZURE_CODE
                    + ": an hour of real calls that ships with Backstay.")
    private Path file;

    @Mixin
    private ScriptChoice how = new ScriptChoice("outage");

    @Option(
            names = "--clock",
            description = "virtual: real calls in virtual time. wall: the real gateway over real sockets."
                    + " Default: ${DEFAULT-VALUE}")
    private Clock clock = Clock.VIRTUAL;

    @Option(
            names = "--speed",
            paramLabel = "X",
            description = "Calls arrive X times as fast. Default: ${DEFAULT-VALUE}")
    private double speed = 1;

    @Option(names = "--limit", paramLabel = "N", description = "Play only the first N calls.")
    private int limit = Integer.MAX_VALUE;

    @Option(
            names = "--deadline",
            paramLabel = "TIME",
            description = "What each caller allows. Default: ${DEFAULT-VALUE}")
    private String deadline = "120s";

    @Option(names = "--stream", description = "Callers ask for streams.")
    private boolean streamed;

    @Option(names = "--seed", paramLabel = "N", description = "Of everything drawn. Default: ${DEFAULT-VALUE}")
    private long seed = 1;

    @Option(
            names = "--bad-rows",
            description = "What to do about lines that are no calls: refuse or skip. Default: refuse")
    private BadRows badRows = BadRows.REFUSE;

    @Option(names = "--chart", paramLabel = "FILE.svg", description = "Draw what arrived and what failed over time.")
    private @Nullable Path chart;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        List<Trace.Row> rows = rows();
        Replay replay = new Replay(how.script(), patience(), streamed, speed, seed);
        Map<String, Tally> tallies = new LinkedHashMap<>();
        try (Progress progress = Progress.of("calls", 2L * rows.size(), json)) {
            if (clock == Clock.VIRTUAL) {
                tallies.put("direct", replay.play(rows, Replay.direct(), progress));
                tallies.put("backstay", replay.play(rows, Replay.backstay(CallListener.NONE), progress));
            } else {
                tallies.putAll(WallReplay.play(replay, rows, progress));
            }
        }
        if (chart != null) {
            Files.writeString(
                    chart,
                    new TimelineChart(title(rows.size()), timeline(tallies, "direct"), timeline(tallies, "backstay"))
                            .svg());
        }
        print(tallies, rows.size());
        return 0;
    }

    private static Timeline timeline(Map<String, Tally> tallies, String column) {
        return Objects.requireNonNull(tallies.get(column)).timeline();
    }

    private void print(Map<String, Tally> tallies, int calls) throws JsonProcessingException {
        Map<String, Tally.Column> columns = new LinkedHashMap<>();
        tallies.forEach((name, tally) -> columns.put(name, tally.column()));
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            ObjectMapper mapper = JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .addMixIn(Tally.Column.class, ColumnNames.class)
                    .build();
            out.println(mapper.writeValueAsString(columns));
        } else {
            out.print(new ReplayTable(
                            title(calls) + "\n" + details(),
                            Objects.requireNonNull(columns.get("direct")),
                            Objects.requireNonNull(columns.get("backstay")))
                    .text());
        }
        out.flush();
    }

    private List<Trace.Row> rows() throws Exception {
        if (limit < 1) {
            throw new IllegalArgumentException("--limit is " + limit + ": it must be at least 1");
        }
        boolean shipped = file.equals(Path.of(AZURE_CODE)) && !Files.exists(file);
        Trace trace = shipped ? Trace.azureCode() : Trace.read(file);
        if (!trace.bad().isEmpty()) {
            String some = String.join(
                    "; ",
                    trace.bad().stream()
                            .limit(BAD_ROWS_SHOWN)
                            .map(Trace.Bad::toString)
                            .toList());
            String more = trace.bad().size() > BAD_ROWS_SHOWN ? "; …" : "";
            String what = trace.bad().size() + " of "
                    + (trace.bad().size() + trace.rows().size()) + " lines are not calls: " + some + more;
            if (badRows == BadRows.REFUSE) {
                throw new IllegalArgumentException(what + ". Mend them, or skip them with --bad-rows skip");
            }
            spec.commandLine().getErr().println("backstay: skipped: " + what);
        }
        if (trace.rows().isEmpty()) {
            throw new IllegalArgumentException("there is no call in " + file);
        }
        return trace.rows().subList(0, Math.min(limit, trace.rows().size()));
    }

    private Duration patience() {
        return Durations.parse(deadline)
                .filter(time -> !time.isZero() && time.toHours() < 24)
                .orElseThrow(() -> new IllegalArgumentException(
                        "--deadline is '" + deadline + "': " + Durations.EXPECTED + ", at most 24h"));
    }

    private String title(int calls) {
        return String.format(
                Locale.ROOT, "%,d calls of %s, %s, deadline %s", calls, file.getFileName(), how.name(), deadline);
    }

    private String details() {
        return "(" + how.summary() + "; " + (streamed ? "streamed, " : "")
                + clock.name().toLowerCase(Locale.ROOT) + " clock, seed " + seed + ")";
    }

    /** The names in JSON that tell their unit in the usual way. */
    private interface ColumnNames {
        @JsonProperty("p50_ms")
        double p50Millis();

        @JsonProperty("p99_ms")
        double p99Millis();
    }
}
