package dev.backstay.fireworks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a batch, checked before anything is uploaded: one bad row fails the whole job, minutes later.
 *
 * @param count rows
 * @param bytes size of the file
 * @param sha256 of its bytes
 * @param ids each row's {@code custom_id}, in order
 */
public record BatchRows(long count, long bytes, String sha256, List<String> ids) {

    /** What a file may be large, as documented: 80 GiB. */
    public static final long LARGEST = 80L << 30;

    /** Problems that are told; there may be more. */
    public static final int PROBLEMS_TOLD = 10;

    private static final ObjectReader STRICT = Proto.JSON.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /**
     * A file with bad rows.
     */
    public static final class BadRows extends IllegalArgumentException {

        private static final long serialVersionUID = 1;

        private final transient List<String> problems;

        BadRows(Path file, List<String> problems, boolean more) {
            super(file + " has rows that would fail the whole batch:\n  " + String.join("\n  ", problems)
                    + (more ? "\n  … and more" : ""));
            this.problems = List.copyOf(problems);
        }

        /** Each with its line and, where one is known, its column. */
        public List<String> problems() {
            return problems;
        }
    }

    /**
     * Reads and checks a file.
     *
     * @throws BadRows naming line and column of what is wrong
     * @throws IOException if it cannot be read or is not UTF-8
     */
    public static BatchRows read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IllegalArgumentException(file + " is a folder: it must be a file of rows");
        }
        long bytes = Files.size(file);
        if (bytes > LARGEST) {
            throw new IllegalArgumentException(
                    file + " has " + bytes + " bytes: a batch may have " + LARGEST + "; split it");
        }
        MessageDigest digest = Ids.sha256();
        Check check = new Check();
        try (DigestInputStream in = new DigestInputStream(Files.newInputStream(file), digest);
                BufferedReader reader = new BufferedReader(new InputStreamReader(
                        in,
                        StandardCharsets.UTF_8
                                .newDecoder()
                                .onMalformedInput(CodingErrorAction.REPORT)
                                .onUnmappableCharacter(CodingErrorAction.REPORT)))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                check.line(line);
            }
        } catch (CharacterCodingException notUtf8) {
            throw new IllegalArgumentException(file + " is not UTF-8 after line " + check.line, notUtf8);
        }
        if (check.line == 0) {
            throw new IllegalArgumentException(file + " is empty: a batch needs at least one row");
        }
        if (!check.problems.isEmpty()) {
            throw new BadRows(file, check.problems, check.more);
        }
        return new BatchRows(
                check.ids.size(), bytes, HexFormat.of().formatHex(digest.digest()), List.copyOf(check.ids));
    }

    private static final class Check {
        private final List<String> ids = new ArrayList<>();
        private final Map<String, Integer> seen = new HashMap<>();
        private final List<String> problems = new ArrayList<>();
        private boolean more;
        private int line;

        private void line(String text) {
            line++;
            try {
                @Nullable JsonNode row = text.isBlank() ? null : STRICT.readTree(text);
                if (row == null) {
                    problem(1, "the line is empty");
                } else {
                    row(row);
                }
            } catch (JsonProcessingException broken) {
                int column =
                        broken.getLocation() == null ? 1 : broken.getLocation().getColumnNr();
                problem(column, "not JSON: " + firstWords(broken.getOriginalMessage()));
            }
        }

        /** Without the place, which is told in our own words. */
        private static String firstWords(String message) {
            String line = message.lines().findFirst().orElse("");
            return line.replaceAll(" \\((start marker|of type|bound as).*", "");
        }

        private void row(JsonNode row) {
            JsonNode id = row.path("custom_id");
            JsonNode body = row.path("body");
            if (!row.isObject()) {
                problem(1, "a row must be an object");
            } else if (!id.isTextual() || id.asText().isEmpty()) {
                problem(1, "'custom_id' must be a text");
            } else if (seen.putIfAbsent(id.asText(), line) != null) {
                problem(1, "'custom_id' is '" + id.asText() + "', as in line " + seen.get(id.asText()));
            } else if (!body.isObject()) {
                problem(1, "'body' must be an object");
            } else if (body.has("model")) {
                problem(1, "'body' names a model: the batch does, not its rows");
            } else if (!hasPrompt(body)) {
                problem(1, "'body' has no 'messages', 'prompt' or 'prompt_token_ids'");
            } else {
                ids.add(id.asText());
            }
        }

        private static boolean hasPrompt(JsonNode body) {
            return body.path("messages").isArray() && !body.path("messages").isEmpty()
                    || body.has("prompt")
                    || body.path("prompt_token_ids").isArray();
        }

        private void problem(int column, String what) {
            if (problems.size() < PROBLEMS_TOLD) {
                problems.add("line " + line + ", column " + column + ": " + what);
            } else {
                more = true;
            }
        }
    }
}
