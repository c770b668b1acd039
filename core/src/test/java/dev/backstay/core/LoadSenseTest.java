package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoadSenseTest {

    private final LoadSense sense = new LoadSense();

    @ParameterizedTest
    @ValueSource(ints = {10, 30, 60, 80})
    void failures_that_hit_anybody_come_by_chance(int percent) {
        int wrong = 0;
        for (int seed = 0; seed < 100; seed++) {
            LoadSense each = independent(percent, seed);
            wrong += each.comesFromLoad() ? 1 : 0;
        }
        assertThat(wrong).as("of 100 histories taken for load").isLessThanOrEqualTo(3);
        assertThat(independent(percent, 1).failing()).isCloseTo(percent / 100.0, within(0.1));
    }

    @Test
    void failures_that_come_with_load_are_known_for_it() {
        int right = 0;
        for (int seed = 0; seed < 100; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            LoadSense each = new LoadSense();
            for (int i = 0; i < 400; i++) {
                int inFlight = 20 + random.nextInt(40);
                each.heard(inFlight, random.nextInt(3) == 0, inFlight < 40);
            }
            right += each.comesFromLoad() && !each.comesByChance() ? 1 : 0;
        }
        assertThat(right).isGreaterThanOrEqualTo(99);
    }

    @Test
    void where_everything_fails_nothing_is_learned() {
        for (int i = 0; i < 400; i++) {
            sense.heard(i % 50, i % 2 == 0, false);
        }
        assertThat(sense.comesByChance()).isFalse();
        assertThat(sense.comesFromLoad()).isFalse();
    }

    @Test
    void retries_that_succeed_less_often_are_not_chance() {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 1_000; i++) {
            boolean retry = random.nextBoolean();
            sense.heard(10, retry, random.nextInt(100) < (retry ? 20 : 70));
        }
        assertThat(sense.comesByChance()).isFalse();
    }

    @Test
    void a_few_attempts_prove_nothing() {
        for (int i = 0; i < LoadSense.ENOUGH - 1; i++) {
            sense.heard(i, false, i < 20);
        }
        assertThat(sense.comesFromLoad()).isFalse();
        assertThat(sense.comesByChance()).isFalse();
    }

    private static LoadSense independent(int percent, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        LoadSense sense = new LoadSense();
        for (int i = 0; i < 1_000; i++) {
            sense.heard(20 + random.nextInt(40), random.nextInt(3) == 0, random.nextInt(100) >= percent);
        }
        return sense;
    }
}
