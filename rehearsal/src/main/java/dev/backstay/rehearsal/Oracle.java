package dev.backstay.rehearsal;

import dev.backstay.simulator.Chance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Knows every arrival and how long each takes, so it has exactly the replicas that nobody has to wait for: at each moment the most
 * that will be needed until a replica started now would serve. It may drop replicas at once and never meets chance.
 */
final class Oracle {

    private Oracle() {}

    /** Replicas at each look. */
    static List<Integer> needed(
            List<Long> arrivals, Chance chance, long endNanos, long tick, long boot, int perReplica) {
        int ticks = (int) (endNanos / tick) + 1;
        int[] most = mostAtOnce(arrivals, chance, ticks, tick);
        List<Integer> needed = new ArrayList<>(ticks);
        int ahead = (int) (boot / tick);
        for (int i = 0; i < ticks; i++) {
            int peak = 1;
            for (int j = i; j <= Math.min(ticks - 1, i + ahead); j++) {
                peak = Math.max(peak, (int) Math.ceil((double) most[j] / perReplica));
            }
            needed.add(peak);
        }
        return needed;
    }

    /** The most requests at a time between two looks, if each is taken when it comes. */
    private static int[] mostAtOnce(List<Long> arrivals, Chance chance, int ticks, long tick) {
        long[] edges = new long[arrivals.size() * 2];
        for (int i = 0; i < arrivals.size(); i++) {
            RandomGenerator service = chance.service(i, 1);
            double firstToken = 500 * Math.exp(0.3 * service.nextGaussian());
            double gap = 20 * (0.9 + 0.2 * service.nextDouble());
            long work = (long) ((firstToken + gap * 200) * 1e6);
            edges[2 * i] = arrivals.get(i) * 2 + 1;
            edges[2 * i + 1] = (arrivals.get(i) + work) * 2;
        }
        Arrays.sort(edges);
        int[] most = new int[ticks];
        int active = 0;
        for (long edge : edges) {
            int at = (int) Math.min(ticks - 1, edge / 2 / tick);
            active += edge % 2 == 1 ? 1 : -1;
            most[at] = Math.max(most[at], active);
        }
        return most;
    }
}
