package dev.backstay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A few of the kills of {@code bench/ledger-kills}. */
class LedgerKillsTest {

    @Test
    @EnabledIfSystemProperty(named = "backstay.thorough", matches = "true")
    void a_ledger_whose_writer_is_killed_is_whole_and_lacks_only_the_last_moment() throws Exception {
        assertThat(LedgerKills.run(
                        2,
                        new SplittableRandom(3),
                        Duration.ofSeconds(4),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(3),
                        System.out))
                .isTrue();
    }
}
