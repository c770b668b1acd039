package dev.backstay.simulator;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Random streams that do not disturb each other. Each is seeded by what it is for and by the call and the attempt, so that
 * a policy that draws more, or sends more, meets the same faults and service times as one that does not.
 *
 * @param seed of the whole run; the same seed is the same run
 */
public record Chance(long seed) {

    private enum Purpose {
        FAULTS,
        SERVICE,
        POLICY,
        ARRIVALS
    }

    /** Which fault an attempt meets. */
    public RandomGenerator faults(long call, long attempt) {
        return stream(Purpose.FAULTS, call, attempt);
    }

    /** How long the provider takes over an attempt. */
    public RandomGenerator service(long call, long attempt) {
        return stream(Purpose.SERVICE, call, attempt);
    }

    /** When the calls of a client come. */
    public RandomGenerator arrivals(int client) {
        return stream(Purpose.ARRIVALS, client, 0);
    }

    /** What the policy draws for a call. */
    public RandomGenerator policy(long call) {
        return stream(Purpose.POLICY, call, 0);
    }

    private RandomGenerator stream(Purpose purpose, long call, long attempt) {
        long mixed = seed;
        mixed = mix(mixed + purpose.ordinal());
        mixed = mix(mixed + call);
        mixed = mix(mixed + attempt);
        return new SplittableRandom(mixed);
    }

    /** The finaliser of MurmurHash3: spreads neighbouring numbers over the whole range. */
    private static long mix(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 33)) * 0xFF51AFD7ED558CCDL;
        z = (z ^ (z >>> 33)) * 0xC4CEB9FE1A85EC53L;
        return z ^ (z >>> 33);
    }
}
