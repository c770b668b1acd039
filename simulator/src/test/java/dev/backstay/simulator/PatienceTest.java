package dev.backstay.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.core.CallListener;
import dev.backstay.core.Cutoff;
import dev.backstay.core.Request;
import dev.backstay.core.Size;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Target;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.wire.Endpoint;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Healthy answers that take their time: whoever asks directly gets every one, so whoever asks through Backstay must, too. */
class PatienceTest {

    private static final Target TARGET = new Target("slow", "m");
    private static final int CALLS = 467;

    /**
     * Answers that take so long, half a second apart or more.
     *
     * @param firstMs the median time to the first token; the spread is small
     */
    private static Tally.Column play(
            boolean streamed, double firstMs, double spread, int tokens, double gapMs, Timeouts timeouts) {
        VirtualTime time = new VirtualTime();
        World world = World.of(time, new Provider(Script.HEALTHY.withSpeed(firstMs, spread, gapMs)), new Chance(1));
        Policy policy = Replay.backstay(CallListener.NONE);
        Tally tally = new Tally();
        for (int i = 0; i < CALLS; i++) {
            int number = i;
            time.at(i * 2_000_000_000L, () -> {
                Ask ask = new Ask(Endpoint.CHAT_COMPLETIONS, "m", 500, tokens, streamed);
                Request request = Request.arriving(
                                "r" + number, TARGET, Workload.INTERACTIVE, timeouts, streamed, time.nanos())
                        .with(streamed ? StreamPolicy.WHOLE : StreamPolicy.LIVE)
                        .with(new Size(500, Size.NO_LIMIT))
                        .with(Cutoff.NEXT_ATTEMPT);
                new VirtualDriver(world, number, ask, request, policy, Receiver.of(tally::call)).start();
            });
        }
        time.run();
        return tally.column();
    }

    @Test
    void whole_answers_of_32_to_45_s_are_all_answered_and_asked_for_once() {
        Tally.Column column = play(false, 30_000, 0.05, 200, 40, Workload.INTERACTIVE.timeouts());
        assertThat(column.successPercent()).isEqualTo(100);
        assertThat(column.attemptsPerCall()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(doubles = {90_000, 600_000})
    void who_says_nothing_gets_what_takes_minutes_and_asks_once(double millis) {
        Tally.Column column = play(false, millis, 0.05, 50, 20, Workload.INTERACTIVE.timeouts());
        assertThat(column.successPercent()).isEqualTo(100);
        assertThat(column.attemptsPerCall()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"25000, 60", "45000, 600"})
    void first_tokens_that_come_late_are_waited_for(double firstMs, int totalSeconds) {
        Timeouts timeouts = Workload.INTERACTIVE.timeouts().withTotal(Duration.ofSeconds(totalSeconds));
        Tally.Column column = play(true, firstMs, 0.05, 50, 20, timeouts);
        assertThat(column.successPercent()).isEqualTo(100);
        assertThat(column.attemptsPerCall()).isLessThan(1.1);
    }

    @Test
    void a_stream_may_last_longer_than_anybody_thought() {
        Tally.Column column = play(true, 500, 0.3, 180, 500, Workload.INTERACTIVE.timeouts());
        assertThat(column.successPercent()).isEqualTo(100);
        assertThat(column.attemptsPerCall()).isEqualTo(1);
    }
}
