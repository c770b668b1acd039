package dev.backstay.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.core.CallListener;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An hour of real calls and an outage of a minute in it. */
class ReplayTest {

    private static final Duration DEADLINE = Duration.ofSeconds(120);

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void the_hour_survives_and_what_comes_after_the_outage_is_as_before(boolean streamed) {
        for (long seed = 1; seed <= 3; seed++) {
            Replay replay = new Replay(Profile.OUTAGE.script(), DEADLINE, streamed, 1, seed);
            Tally.Column column = replay.play(Trace.azureCode().rows(), Replay.backstay(CallListener.NONE), ended -> {})
                    .column();
            assertThat(column.successPercent()).as("succeeded, seed " + seed).isGreaterThanOrEqualTo(99.95);
            assertThat(column.attemptsPerCall()).as("attempts, seed " + seed).isLessThanOrEqualTo(1.05);
            assertThat(column.p50Millis()).as("median, seed " + seed).isLessThan(1_500);
        }
    }
}
