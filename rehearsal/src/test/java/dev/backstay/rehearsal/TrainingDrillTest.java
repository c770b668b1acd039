package dev.backstay.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.fireworks.DcpSaves;
import dev.backstay.rehearsal.TrainingDrill.Flow;
import dev.backstay.rehearsal.TrainingDrill.Outcome;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingDrillTest {

    private static final DcpSaves SAVES = new DcpSaves(TrainingReport.SAVE_EVERY);

    private static TrainingReport played;

    @TempDir
    private Path folder;

    @BeforeAll
    static void play() {
        played = TrainingReport.play(1);
    }

    @Test
    void the_report_is_what_comes_of_it() throws Exception {
        Published.holds(Drill.TRAINING, played.report());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void twelve_hours_of_training_survive_everything(int seed) {
        Outcome outcome = played.of(Flow.BACKSTAY).get(seed - 1);
        String story = "seed " + seed + "\n" + String.join("\n", outcome.story());
        assertThat(outcome.completed()).as(story).isTrue();
        assertThat(outcome.step()).isEqualTo(TrainingDrill.STEPS);
        assertThat(outcome.freshStarts()).as(story).isEqualTo(1);
        assertThat(outcome.beyondSave()).as(story).isZero();
        assertThat(outcome.mostLost()).as(story).isLessThanOrEqualTo(TrainingReport.SAVE_EVERY);
        assertThat(outcome.processes()).isEqualTo(1 + TrainingDrill.KILLS);
        assertThat(outcome.suffered().preemptions()).as(story).isEqualTo(TrainingDrill.PREEMPTIONS);
        assertThat(outcome.suffered().silentDeaths()).as(story).isEqualTo(TrainingDrill.STALLS);
    }

    @Test
    void the_flow_of_the_official_class_does_not_get_through() {
        Outcome outcome = played.of(Flow.OFFICIAL).get(0);
        assertThat(outcome.completed()).isFalse();
        assertThat(outcome.ending()).isNotEmpty();
    }

    @Test
    void without_saves_everything_is_lost_again_and_again() {
        Outcome outcome = TrainingDrill.play(Flow.BACKSTAY, 1, folder.resolve("ledger.db"), new DcpSaves(0));
        assertThat(outcome.freshStarts()).isGreaterThan(10);
    }

    @Test
    void the_same_seed_is_the_same_story() {
        assertThat(TrainingDrill.play(Flow.BACKSTAY, 1, folder.resolve("again.db"), SAVES))
                .isEqualTo(played.of(Flow.BACKSTAY).get(0));
    }
}
