package dev.backstay.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AutoscaleDrillTest {

    @ParameterizedTest
    @EnumSource(Shape.class)
    void few_429s_at_little_more_than_the_oracle_pays_and_no_swinging(Shape shape) throws Exception {
        assumeThat(shape == Shape.RAMP || Boolean.getBoolean("backstay.thorough"))
                .as("steps and days are played with -Pthorough")
                .isTrue();
        AutoscaleReport played = AutoscaleReport.play(shape, 1);
        Published.holds(Drill.named(shape.label()).orElseThrow(), played.report());
        assertThat(played.ours().rejectedPercent()).isLessThan(1);
        assertThat(played.ours().overOracle()).isLessThanOrEqualTo(1.15);
        assertThat(played.ours().flaps()).isZero();
    }
}
