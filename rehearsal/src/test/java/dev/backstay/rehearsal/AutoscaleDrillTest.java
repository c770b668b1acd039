package dev.backstay.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.rehearsal.AutoscaleDrill.Who;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AutoscaleDrillTest {

    @ParameterizedTest
    @EnumSource(
            value = Shape.class,
            names = {"STEP", "RAMP"})
    void few_429s_at_little_more_than_the_oracle_pays_and_no_swinging(Shape shape) {
        AutoscaleDrill.Outcome outcome = AutoscaleDrill.play(shape, Who.BACKSTAY, 2);
        assertThat(outcome.rejectedPercent()).isLessThan(1);
        assertThat(outcome.overOracle()).isLessThanOrEqualTo(1.15);
        assertThat(outcome.flaps()).isZero();
    }
}
