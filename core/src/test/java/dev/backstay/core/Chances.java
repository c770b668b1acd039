package dev.backstay.core;

import java.util.random.RandomGenerator;

/** Random generators whose luck is known. */
final class Chances {

    private Chances() {}

    /** Always draws this share of the range. */
    static RandomGenerator always(double share) {
        return new RandomGenerator() {
            @Override
            public long nextLong() {
                return (long) (share * Long.MAX_VALUE);
            }

            @Override
            public double nextDouble() {
                return share;
            }
        };
    }
}
