package dev.backstay.bench;

import dev.backstay.simulator.VirtualTime;
import java.lang.reflect.Field;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * Chance that depends on the moment only, so that a library and its emulation draw the same for the same failure, however
 * each of them gets its random numbers.
 *
 * <p>Needs {@code --add-opens java.base/java.lang=ALL-UNNAMED}.
 */
final class Draws implements RandomGenerator {

    private static final double VALUES = 1_000;
    private static final int DOUBLE_SHIFT = 11;
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
            throw new LinkageError("this JDK keeps the seed of ThreadLocalRandom elsewhere", changed);
        }
    }

    /**
     * What this thread draws next from {@link ThreadLocalRandom} is what {@link #nextDouble} gives at this moment, to 26 bits:
     * JDKs before 19 make the rest of a double from another step of the generator.
     */
    void seedThread() {
        try {
            Thread thread = Thread.currentThread();
            ThreadLocalRandom.current(); // the first look seeds a new thread
            THREAD_SEED.setLong(thread, 0);
            ThreadLocalRandom.current().nextLong();
            long step = THREAD_SEED.getLong(thread); // differs between threads
            THREAD_SEED.setLong(thread, unmixed((long) Math.ceil(nextDouble() * 0x1.0p53) << DOUBLE_SHIFT) - step);
        } catch (IllegalAccessException impossible) {
            throw new LinkageError("the seed was made accessible", impossible);
        }
    }

    /** One of a thousand values, so that what differs in its last bits can be told from what differs. */
    @Override
    public double nextDouble() {
        return Math.floor((nextLong() >>> DOUBLE_SHIFT) * 0x1.0p-53 * VALUES) / VALUES;
    }

    @Override
    public long nextLong() {
        return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + time.nanos()).nextLong();
    }

    /** Which value the generator's last mixing step (MurmurHash3's finaliser) turns into this one. */
    private static long unmixed(long mixed) {
        long z = mixed ^ (mixed >>> 33);
        z *= inverse(0xC4CEB9FE1A85EC53L);
        z ^= z >>> 33;
        z *= inverse(0xFF51AFD7ED558CCDL);
        return z ^ (z >>> 33);
    }

    /** Of an odd number, modulo 2 to the 64th, by Newton's method. */
    private static long inverse(long odd) {
        long inverse = odd;
        for (int i = 0; i < 5; i++) {
            inverse *= 2 - odd * inverse;
        }
        return inverse;
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
