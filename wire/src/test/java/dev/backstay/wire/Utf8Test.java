package dev.backstay.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Utf8Test {

    /** Some rows of Markus Kuhn's stress test for decoders. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "6162, 6162, 2",
        "61c3bc62, 61c3bc62, 4",
        "f09f9880, f09f9880, 4",
        "80, 3f, 1",
        "61bf62, 613f62, 3",
        "c361, 3f61, 2",
        "f09f2298, 3f3f223f, 4",
        "c080, 3f3f, 2",
        "f8888080, 3f3f3f3f, 4",
        "fe, 3f, 1",
        "61c3, 61c3, 1",
        "61f09f98, 61f09f98, 1",
        "e282f09f9880, 3f3ff09f9880, 6"
    })
    void what_is_no_character_becomes_a_question_mark(String hex, String repaired, int whole) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        assertThat(Utf8.repair(bytes, bytes.length)).isEqualTo(whole);
        assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(repaired);
    }

    @Test
    void text_stays_as_it_is_wherever_it_is_cut() {
        byte[] text = "Grüße, 世界, 😀 ok".getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= text.length; cut++) {
            byte[] first = Arrays.copyOf(text, cut);
            int whole = Utf8.repair(first, cut);
            byte[] rest = Arrays.copyOfRange(text, whole, text.length);
            assertThat(Utf8.repair(rest, rest.length)).isEqualTo(rest.length);
            assertThat(new String(first, 0, whole, StandardCharsets.UTF_8) + new String(rest, StandardCharsets.UTF_8))
                    .isEqualTo("Grüße, 世界, 😀 ok");
        }
    }

    @Test
    void what_was_repaired_needs_no_repair() {
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < 10_000; i++) {
            byte[] bytes = new byte[random.nextInt(1, 12)];
            random.nextBytes(bytes);
            int whole = Utf8.repair(bytes, bytes.length);
            assertThat(Utf8.repair(bytes, whole)).isEqualTo(whole);
        }
    }
}
