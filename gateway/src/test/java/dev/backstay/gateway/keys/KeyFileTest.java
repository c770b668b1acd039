package dev.backstay.gateway.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.core.Priority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFileTest {

    private static final KeyLimits LIMITS = new KeyLimits(60L, 1_000L, 5_000L, 4L, "batch", List.of("chat", "small-*"));

    @TempDir
    private Path folder;

    private final SecureRandom random = new SecureRandom();

    @Test
    void keys_come_back_as_they_were_written_and_only_their_owner_can_read_them() throws Exception {
        Path file = folder.resolve("keys.yaml");
        CallerKey.Made one = CallerKey.make("one", LIMITS, Instant.EPOCH, random);
        CallerKey.Made two = CallerKey.make("two: \"quoted\"", KeyLimits.NONE, Instant.EPOCH, random);
        KeyFile.write(file, List.of(one.key(), two.key()));
        assertThat(KeyFile.read(file)).containsExactly(one.key(), two.key());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(Files.readString(file)).doesNotContain(secret(one)).contains("requests-per-minute: 60");
    }

    @Test
    void a_token_is_found_by_all_of_it() {
        CallerKey.Made made = CallerKey.make("one", LIMITS, Instant.EPOCH, random);
        KeyRing ring = new KeyRing(List.of(made.key()));
        assertThat(ring.find(made.token())).contains(made.key());
        assertThat(ring.find(made.token() + "0")).isEmpty();
        assertThat(ring.find(made.token().substring(0, made.token().length() - 1)))
                .isEmpty();
        assertThat(ring.find("bks_" + made.key().id() + "_")).isEmpty();
        assertThat(ring.find("bks_00000000_" + secret(made))).as("nobody's id").isEmpty();
        assertThat(ring.find("")).isEmpty();
        assertThat(made.token()).matches("bks_[0-9a-f]{8}_[0-9a-f]{64}");
    }

    @Test
    void models_are_named_or_begun() {
        assertThat(LIMITS.mayUse("chat")).isTrue();
        assertThat(LIMITS.mayUse("chatty")).isFalse();
        assertThat(LIMITS.mayUse("small-7b")).isTrue();
        assertThat(LIMITS.most()).isEqualTo(Priority.BATCH);
        assertThat(KeyLimits.NONE.mayUse("anything")).isTrue();
    }

    @Test
    void a_file_that_makes_no_sense_is_refused_with_a_reason() throws Exception {
        CallerKey key =
                CallerKey.make("one", KeyLimits.NONE, Instant.EPOCH, random).key();
        Path twice = folder.resolve("twice.yaml");
        KeyFile.write(twice, List.of(key, key));
        assertThatThrownBy(() -> KeyFile.read(twice)).hasMessageContaining("two keys have the id");
        assertThatThrownBy(() -> new KeyLimits(0L, null, null, null, null, null))
                .hasMessage("requests-per-minute is 0: it must be at least 1");
        assertThatThrownBy(() -> new KeyLimits(null, null, null, null, "urgent", null))
                .hasMessageContaining("priority is 'urgent'");
    }

    private static String secret(CallerKey.Made made) {
        return made.token().substring(made.token().lastIndexOf('_') + 1);
    }
}
