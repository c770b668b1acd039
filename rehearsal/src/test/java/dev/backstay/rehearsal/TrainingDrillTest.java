package dev.backstay.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.fireworks.DcpSaves;
import dev.backstay.rehearsal.TrainingDrill.Flow;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingDrillTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void twelve_hours_of_training_survive_everything(long seed) {
        TrainingDrill.Outcome outcome =
                TrainingDrill.play(Flow.BACKSTAY, seed, folder.resolve("ledger.db"), new DcpSaves(25));
        String story = "seed " + seed + "\n" + String.join("\n", outcome.story());
        assertThat(outcome.completed()).as(story).isTrue();
        assertThat(outcome.step()).isEqualTo(TrainingDrill.STEPS);
        assertThat(outcome.freshStarts()).as(story).isEqualTo(1);
        assertThat(outcome.beyondSave()).as(story).isZero();
        assertThat(outcome.mostLost()).as(story).isLessThanOrEqualTo(25);
        assertThat(outcome.processes()).isEqualTo(1 + TrainingDrill.KILLS);
        assertThat(outcome.suffered().preemptions()).as(story).isEqualTo(TrainingDrill.PREEMPTIONS);
        assertThat(outcome.suffered().silentDeaths()).as(story).isEqualTo(TrainingDrill.STALLS);
    }

    @Test
    void the_flow_of_the_official_class_does_not_get_through() {
        TrainingDrill.Outcome outcome =
                TrainingDrill.play(Flow.OFFICIAL, 1, folder.resolve("ledger.db"), new DcpSaves(25));
        assertThat(outcome.completed()).isFalse();
        assertThat(outcome.ending()).isNotEmpty();
    }

    @Test
    void without_saves_everything_is_lost_again_and_again() {
        TrainingDrill.Outcome outcome =
                TrainingDrill.play(Flow.BACKSTAY, 1, folder.resolve("ledger.db"), new DcpSaves(0));
        assertThat(outcome.freshStarts()).isGreaterThan(10);
    }

    @Test
    void the_same_seed_is_the_same_story() {
        assertThat(TrainingDrill.play(Flow.BACKSTAY, 4, folder.resolve("a.db"), new DcpSaves(25)))
                .isEqualTo(TrainingDrill.play(Flow.BACKSTAY, 4, folder.resolve("b.db"), new DcpSaves(25)));
    }
}
