package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpreadTest {

    private static final double STEP = Math.pow(2, 1 / 9.0);

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 0.9, 0.97, 0.99})
    void a_quantile_is_the_true_one_or_at_most_a_bucket_above(double share) {
        SplittableRandom random = new SplittableRandom(3);
        Spread spread = new Spread();
        long[] values = new long[Spread.MEMORY - 1];
        for (int i = 0; i < values.length; i++) {
            values[i] = (long) (5e8 * Math.exp(0.7 * random.nextGaussian()));
            spread.add(values[i]);
        }
        Arrays.sort(values);
        long exact = values[(int) Math.ceil(share * values.length) - 1];
        assertThat((double) spread.quantile(share)).isBetween((double) exact, exact * STEP * STEP);
    }

    @Test
    void the_old_is_forgotten_by_and_by() {
        Spread spread = new Spread();
        for (int i = 0; i < 1_000; i++) {
            spread.add(1_000_000_000L);
        }
        for (int i = 0; i < 100_000; i++) {
            spread.add(10_000_000L);
        }
        assertThat(spread.quantile(0.99)).isLessThan(12_000_000L);
        assertThat(spread.count()).isLessThan(Spread.MEMORY);
    }

    @Test
    void extremes_have_a_place() {
        Spread spread = new Spread();
        spread.add(0);
        spread.add(-5);
        spread.add(Long.MAX_VALUE);
        assertThat(spread.count()).isEqualTo(3);
        assertThat(spread.quantile(1)).isPositive();
    }
}
