package dev.backstay.simulator;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What several seeds say about one number.
 *
 * @param mean of the seeds
 * @param margin how far the mean of many more seeds may be from it: four standard errors, at least {@value #LEAST_MARGIN}
 */
record Estimate(double mean, double margin) {

    private static final double STANDARD_ERRORS = 4;
    private static final double LEAST_MARGIN = 0.05;

    static Estimate of(List<Row> rows, ToDoubleFunction<Row> column) {
        double[] values = rows.stream().mapToDouble(column).toArray();
        double mean = Arrays.stream(values).average().orElse(0);
        double squares = Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .sum();
        double deviation = values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1));
        return new Estimate(mean, Math.max(LEAST_MARGIN, STANDARD_ERRORS * deviation / Math.sqrt(values.length)));
    }

    static double median(List<Row> rows, ToDoubleFunction<Row> column) {
        double[] sorted = rows.stream().mapToDouble(column).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
