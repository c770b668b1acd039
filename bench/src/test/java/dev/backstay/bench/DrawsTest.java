package dev.backstay.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.backstay.simulator.VirtualTime;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

class DrawsTest {

    @Test
    void the_thread_draws_what_they_draw() {
        VirtualTime time = new VirtualTime();
        for (int i = 0; i < 1_000; i++) {
            Draws draws = new Draws(i, time);
            time.at(i * 1_234_567L, () -> {
                draws.seedThread();
                assertThat(ThreadLocalRandom.current().nextDouble()).isCloseTo(draws.nextDouble(), within(0x1.0p-25));
            });
        }
        time.run();
    }

    @Test
    void another_moment_is_another_draw() {
        VirtualTime time = new VirtualTime();
        Draws draws = new Draws(1, time);
        long now = draws.nextLong();
        time.at(1, () -> assertThat(draws.nextLong()).isNotEqualTo(now));
        time.run();
    }
}
