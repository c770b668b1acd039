package dev.backstay.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * How a run is made.
 *
 * @param folder where the scripts are
 * @param names which gateways
 * @param rounds how often each is measured
 * @param millis how long each measurement takes
 * @param warmUpMillis how long each measurement takes in the rounds that do not count, so that everything is compiled
 * @param saturationOnly whether only CPU per request is measured
 * @param rate requests a second where latencies are measured
 * @param manyStreams numbers of streams that are held open at once, after the rounds
 */
record GatewayBenchOptions(
        Path folder,
        List<String> names,
        int rounds,
        long millis,
        long warmUpMillis,
        boolean saturationOnly,
        int rate,
        List<Integer> manyStreams) {

    /** {@code KEY=VALUE} each. */
    static GatewayBenchOptions parse(String[] args) {
        Path folder = Path.of("bench/gateway");
        List<String> names = GatewayBench.everybody();
        int rounds = 5;
        long millis = 5_000;
        long warmUp = 10_000;
        boolean saturationOnly = false;
        int rate = 1_000;
        List<Integer> many = List.of(2_000, 9_900);
        for (String arg : args) {
            String value = arg.substring(arg.indexOf('=') + 1);
            switch (arg.substring(0, Math.max(0, arg.indexOf('=')))) {
                case "only" -> names = List.of(value.split(","));
                case "rounds" -> rounds = Integer.parseInt(value);
                case "seconds" -> millis = Long.parseLong(value) * 1_000;
                case "warm-up" -> warmUp = Long.parseLong(value) * 1_000;
                case "saturation" -> saturationOnly = Boolean.parseBoolean(value);
                case "rate" -> rate = Integer.parseInt(value);
                case "many" ->
                    many = Stream.of(value.split(","))
                            .filter(number -> !number.isBlank())
                            .map(Integer::valueOf)
                            .toList();
                default ->
                    throw new IllegalArgumentException(
                            "'" + arg
                                    + "' is not understood: it must be only=A,B rounds=N seconds=N warm-up=N saturation=true rate=N many=N,N");
            }
        }
        return new GatewayBenchOptions(folder, names, rounds, millis, warmUp, saturationOnly, rate, many);
    }
}
