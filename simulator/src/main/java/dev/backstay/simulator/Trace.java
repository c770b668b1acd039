package dev.backstay.simulator;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * Arrivals of real calls with their sizes, in the columns of the Azure LLM inference traces
 * ({@code TIMESTAMP,ContextTokens,GeneratedTokens}; Patel et al., "Splitwise", ISCA 2024; CC-BY).
 *
 * @param rows in order of arrival
 * @param bad lines that could not be read, with the reason
 */
public record Trace(List<Row> rows, List<Bad> bad) {

    /** Rows a trace may have. */
    public static final int ROWS_LIMIT = 10_000_000;

    private static final String TIME = "TIMESTAMP";
    private static final String PROMPT = "ContextTokens";
    private static final String OUTPUT = "GeneratedTokens";
    private static final int TOKENS_LIMIT = 10_000_000;

    /** One call: when it arrives after the first, and how large it is. */
    public record Row(long atNanos, int promptTokens, int outputTokens) {}

    /** One line that is not a call. */
    public record Bad(long line, String why) {
        @Override
        public String toString() {
            return "line " + line + ": " + why;
        }
    }

    private record Stamped(LocalDateTime at, int promptTokens, int outputTokens) {}

    /**
     * Reads a trace.
     *
     * @throws IOException if the file cannot be read, or has not the three columns
     */
    public static Trace read(Path file) throws IOException {
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            return read(reader);
        }
    }

    /** The hour of code completions that Azure published, which ships with Backstay (see NOTICE). */
    public static Trace azureCode() {
        try (InputStream packed = Trace.class.getResourceAsStream("azure-llm-2023-code.csv.gz");
                Reader text = new InputStreamReader(new GZIPInputStream(packed), StandardCharsets.UTF_8)) {
            return read(text);
        } catch (IOException broken) {
            throw new UncheckedIOException("the trace in the jar cannot be read", broken);
        }
    }

    static Trace read(Reader reader) throws IOException {
        CSVFormat format = CSVFormat.DEFAULT
                .builder()
                .setHeader()
                .setSkipHeaderRecord(true)
                .setTrim(true)
                .setIgnoreEmptyLines(true)
                .get();
        List<Stamped> calls = new ArrayList<>();
        List<Bad> bad = new ArrayList<>();
        try (CSVParser parser = CSVParser.parse(reader, format)) {
            if (!parser.getHeaderNames().containsAll(List.of(TIME, PROMPT, OUTPUT))) {
                throw new IOException("a trace starts with the line " + TIME + "," + PROMPT + "," + OUTPUT
                        + "; this one starts with " + String.join(",", parser.getHeaderNames()));
            }
            for (CSVRecord record : parser) {
                if (calls.size() == ROWS_LIMIT) {
                    throw new IOException("a trace has at most " + ROWS_LIMIT + " rows; use --limit on a shorter one");
                }
                try {
                    calls.add(new Stamped(time(record), tokens(record, PROMPT, 0), tokens(record, OUTPUT, 1)));
                } catch (IllegalArgumentException junk) {
                    bad.add(new Bad(parser.getCurrentLineNumber(), String.valueOf(junk.getMessage())));
                }
            }
        }
        return new Trace(relative(calls), List.copyOf(bad));
    }

    private static List<Row> relative(List<Stamped> calls) {
        calls.sort(Comparator.comparing(Stamped::at));
        List<Row> rows = new ArrayList<>(calls.size());
        for (Stamped call : calls) {
            long atNanos = Duration.between(calls.get(0).at, call.at).toNanos();
            rows.add(new Row(atNanos, call.promptTokens, call.outputTokens));
        }
        return List.copyOf(rows);
    }

    private static LocalDateTime time(CSVRecord record) {
        String text = column(record, TIME);
        try {
            return LocalDateTime.parse(text.replace(' ', 'T'), DateTimeFormatter.ISO_LOCAL_DATE_TIME);
        } catch (DateTimeParseException notATime) {
            throw new IllegalArgumentException(TIME + " '" + shortened(text) + "' is not like 2023-11-16 18:17:03.97");
        }
    }

    private static int tokens(CSVRecord record, String name, int least) {
        String text = column(record, name);
        try {
            int tokens = Integer.parseInt(text);
            if (tokens >= least && tokens <= TOKENS_LIMIT) {
                return tokens;
            }
        } catch (NumberFormatException notANumber) {
            // said below, like a number out of range
        }
        throw new IllegalArgumentException(
                name + " '" + shortened(text) + "' is not a whole number from " + least + " to " + TOKENS_LIMIT);
    }

    private static String column(CSVRecord record, String name) {
        if (!record.isConsistent()) {
            throw new IllegalArgumentException("it has " + record.size() + " columns, the header has others");
        }
        return record.get(name);
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }
}
