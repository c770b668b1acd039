package dev.backstay.simulator;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;

/** The calls of a scenario: when they come, from whom, and how large they are. */
public sealed interface Load {

    /** A client is a process of its own: what its calls learn, they do not share with other clients. */
    record Arrival(long atNanos, int client, int promptTokens, int outputTokens) {}

    /** All calls, in order; the same for every policy of a seed. */
    List<Arrival> arrivals(Chance chance);

    /** How many clients there are. */
    int clients();

    /** When the last call comes, about. */
    long endNanos();

    /**
     * Calls at random moments (a Poisson process per client).
     *
     * @param perSecond of each client
     */
    record Poisson(List<Double> perSecond, long endNanos, int promptTokens, int outputTokens) implements Load {
        @Override
        public List<Arrival> arrivals(Chance chance) {
            List<Arrival> all = new ArrayList<>();
            for (int client = 0; client < perSecond.size(); client++) {
                RandomGenerator random = chance.arrivals(client);
                double at = -Math.log(1 - random.nextDouble()) / perSecond.get(client);
                while (at * 1e9 < endNanos) {
                    all.add(new Arrival((long) (at * 1e9), client, promptTokens, outputTokens));
                    at += -Math.log(1 - random.nextDouble()) / perSecond.get(client);
                }
            }
            all.sort(Comparator.comparingLong(Arrival::atNanos));
            return all;
        }

        @Override
        public int clients() {
            return perSecond.size();
        }
    }

    /** The hour of code completions that Azure published (see NOTICE). */
    record AzureCode() implements Load {

        /** 8,819 calls in 57 minutes. */
        private static final class Holder {
            private static final List<Arrival> ALL = read();

            private static List<Arrival> read() {
                return Trace.azureCode().rows().stream()
                        .map(row -> new Arrival(row.atNanos(), 0, row.promptTokens(), row.outputTokens()))
                        .toList();
            }
        }

        @Override
        public List<Arrival> arrivals(Chance chance) {
            return Holder.ALL;
        }

        @Override
        public int clients() {
            return 1;
        }

        @Override
        public long endNanos() {
            return Holder.ALL.get(Holder.ALL.size() - 1).atNanos();
        }
    }
}
