package dev.backstay.bench;

import dev.backstay.simulator.VirtualTime;
import java.lang.reflect.Field;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * Chance that depends on the moment only, so that a library and its emulation draw the same for the same failure, however
 * each of them gets its random numbers.
 *
 * <p>Needs {@code --add-opens java.base/java.lang=ALL-UNNAMED}.
 */
final class Draws implements RandomGenerator {

    private static final Field THREAD_SEED = threadSeed();

    private final long seed;
    private final VirtualTime time;

    Draws(long seed, VirtualTime time) {
        this.seed = seed;
        this.time = time;
    }

    private static Field threadSeed() {
        try {
            Field field = Thread.class.getDeclaredField("threadLocalRandomSeed");
            field.setAccessible(true);
            return field;
        } catch (ReflectiveOperationException changed) {
            throw new AssertionError("this JDK keeps the seed of ThreadLocalRandom elsewhere", changed);
        }
    }

    /** What this thread draws next from {@link ThreadLocalRandom} is what {@link #nextDouble} gives at this moment. */
    void seedThread() {
        try {
            ThreadLocalRandom.current();
            THREAD_SEED.setLong(Thread.currentThread(), seed * 0x9E3779B97F4A7C15L + time.nanos());
        } catch (IllegalAccessException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Override
    public double nextDouble() {
        seedThread();
        return ThreadLocalRandom.current().nextDouble();
    }

    @Override
    public long nextLong() {
        seedThread();
        return ThreadLocalRandom.current().nextLong();
    }

    /** For libraries that take a {@link Random}: a whole number below a bound is the same share of it. */
    Random asRandom() {
        return new Random() {
            @Override
            public int nextInt(int bound) {
                return (int) (Draws.this.nextDouble() * bound);
            }
        };
    }
}
