package dev.backstay.gateway;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.backstay.gateway.keys.Allowance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tokens used today by each key, beside the file of keys, so that a restart gives nobody a second budget. */
final class UsageFile {

    private static final Logger LOG = LoggerFactory.getLogger(UsageFile.class);
    private static final JsonMapper JSON = new JsonMapper();

    /** As it is written. */
    record Used(String day, Map<String, Long> tokens) {}

    private UsageFile() {}

    static Path beside(Path keys) {
        return keys.resolveSibling(keys.getFileName() + ".usage.json");
    }

    /** Goes on with what stands there; nothing, if it is of another day or cannot be read. */
    static void resume(Path keys, Map<String, Allowance> allowances, Instant now) {
        Path file = beside(keys);
        if (!Files.exists(file)) {
            return;
        }
        try {
            Used used = JSON.readValue(Files.readAllBytes(file), Used.class);
            LocalDate day = LocalDate.parse(used.day());
            used.tokens().forEach((id, tokens) -> {
                Allowance allowance = allowances.get(id);
                if (allowance != null) {
                    allowance.resume(day, tokens, now);
                }
            });
        } catch (IOException | DateTimeParseException unreadable) {
            LOG.warn("{} cannot be read, so budgets begin anew: {}", file, unreadable.toString());
        }
    }

    /** Replaces it as a whole. */
    static void write(Path keys, Map<String, Allowance> allowances, Instant now) throws IOException {
        Map<String, Long> tokens = new TreeMap<>();
        allowances.forEach((id, allowance) -> tokens.put(id, allowance.usedToday(now)));
        Path file = beside(keys);
        Path next = file.resolveSibling(file.getFileName() + ".new");
        String day = now.atOffset(ZoneOffset.UTC).toLocalDate().toString();
        Files.write(next, JSON.writeValueAsBytes(new Used(day, tokens)));
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
