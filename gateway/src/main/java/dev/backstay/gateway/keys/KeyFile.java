package dev.backstay.gateway.keys;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The file of keys, as YAML. It is replaced as a whole, so whoever reads it sees the old one or the new one. */
public final class KeyFile {

    private static final JsonMapper YAML = JsonMapper.builder(YAMLFactory.builder()
                    .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                    .build())
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .build();

    private KeyFile() {}

    /**
     * @throws IOException if it cannot be read or is not such a file
     * @throws IllegalArgumentException if a key is impossible, or two have the same id
     */
    public static List<CallerKey> read(Path file) throws IOException {
        String text = Files.readString(file);
        if (text.isBlank()) {
            return List.of();
        }
        List<CallerKey> keys = List.of(YAML.readValue(text, CallerKey[].class));
        Set<String> ids = new HashSet<>();
        for (CallerKey key : keys) {
            if (!ids.add(key.id())) {
                throw new IllegalArgumentException("two keys have the id " + key.id());
            }
        }
        return keys;
    }

    /** The keys of a file that may not be there yet. */
    public static List<CallerKey> readIfThere(Path file) throws IOException {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? read(file) : List.of();
    }

    /** Replaces the file; only its owner may read it. */
    public static void write(Path file, List<CallerKey> keys) throws IOException {
        Path whole = file.toAbsolutePath();
        Path next = Files.createTempFile(whole.getParent(), whole.getFileName().toString(), ".new", ownersOnly());
        try {
            Files.writeString(next, YAML.writeValueAsString(keys));
            Files.move(next, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(next);
        }
    }

    private static FileAttribute<?>[] ownersOnly() {
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        return posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }
}
