package dev.backstay.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.core.Timeout;
import dev.backstay.client.Clocks;
import dev.backstay.client.Provider;
import dev.backstay.client.Settings;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the SDK's durations come to. */
class SdkTimeoutTest {

    private static Settings settings(Clocks clocks, Optional<Workload> workload) {
        return new Settings(Settings.FIREWORKS, Provider.FIREWORKS, Optional.of("k"), false, 6, workload, clocks);
    }

    private static final Settings NOTHING_SAID = settings(Clocks.USUAL, Optional.empty());

    private static Timeouts of(Timeout timeout, Settings settings) {
        return SdkTimeout.options(timeout, settings, false).timeouts().over(Workload.INTERACTIVE.timeouts());
    }

    private static Timeout request(Duration request) {
        return Timeout.builder().request(request).build();
    }

    @Test
    void unset_all_the_time_of_the_sdk_is_the_whole_call() {
        Timeouts timeouts = of(Timeout.builder().build(), NOTHING_SAID);
        assertThat(timeouts.total()).hasMinutes(10);
        assertThat(timeouts.answer()).hasMinutes(10);
        assertThat(timeouts.connect()).isEqualTo(Workload.INTERACTIVE.timeouts().connect());
        assertThat(timeouts.firstToken()).as("in proportion").hasSeconds(200);
        assertThat(timeouts.idle()).hasSeconds(200);
    }

    @Test
    void set_it_is_the_time_until_an_answer_begins() {
        Timeouts timeouts = of(request(Duration.ofSeconds(30)), NOTHING_SAID);
        assertThat(timeouts.answer()).hasSeconds(30);
        assertThat(timeouts.firstToken()).hasSeconds(30);
        assertThat(timeouts.idle()).hasSeconds(30);
        assertThat(timeouts.total()).hasSeconds(90);
    }

    @Test
    void zero_is_the_longest_there_is() {
        assertThat(of(request(Duration.ZERO), NOTHING_SAID).total()).hasHours(24);
    }

    @Test
    void each_part_has_its_clock() {
        Timeouts timeouts = of(
                Timeout.builder()
                        .connect(Duration.ofSeconds(2))
                        .write(Duration.ofSeconds(3))
                        .read(Duration.ofSeconds(4))
                        .build(),
                NOTHING_SAID);
        assertThat(timeouts.connect()).hasSeconds(2);
        assertThat(timeouts.write()).hasSeconds(3);
        assertThat(timeouts.idle()).hasSeconds(4);
    }

    @Test
    void what_the_settings_say_goes_first() {
        Settings said =
                settings(Clocks.within(Duration.ofSeconds(20)).withAnswer(Duration.ofSeconds(8)), Optional.empty());
        Timeouts timeouts = of(request(Duration.ofMinutes(1)), said);
        assertThat(timeouts.total()).hasSeconds(20);
        assertThat(timeouts.answer()).hasSeconds(8);
        assertThat(timeouts.firstToken()).hasSeconds(20);
        Settings patient = settings(Clocks.USUAL.withAnswer(Duration.ofMinutes(15)), Optional.empty());
        assertThat(of(Timeout.builder().build(), patient).total()).hasMinutes(15);
        assertThat(of(request(Duration.ofSeconds(20)), patient).total()).hasMinutes(15);
        Settings agentic = settings(Clocks.USUAL, Optional.of(Workload.AGENTIC));
        assertThat(SdkTimeout.options(Timeout.builder().build(), agentic, false).timeouts())
                .isEqualTo(Clocks.USUAL);
    }

    @Test
    void what_was_said_with_the_request_goes_before_the_settings() {
        Settings said =
                settings(Clocks.within(Duration.ofSeconds(20)).withIdle(Duration.ofSeconds(8)), Optional.empty());
        Timeouts timeouts = SdkTimeout.options(request(Duration.ofSeconds(3)), said, true)
                .timeouts()
                .over(Workload.INTERACTIVE.timeouts());
        assertThat(timeouts.answer()).hasSeconds(3);
        assertThat(timeouts.total()).hasSeconds(9);
        assertThat(timeouts.idle()).hasSeconds(3);
    }
}
