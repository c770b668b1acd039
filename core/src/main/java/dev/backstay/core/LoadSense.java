package dev.backstay.core;

/**
 * Does asking more make it fail more?
 *
 * <p>Two brownouts look alike to a counter: 60 % of the answers are 503. In one of them a broken instance refuses by chance,
 * and each retry succeeds as often as a first attempt. In the other the capacity is used up, and each retry takes the place
 * of somebody else. This tells them apart by two measurements over the last attempts:
 *
 * <ul>
 *   <li>the correlation between how many attempts were in flight when one was sent, and whether it failed: about 0 when
 *       failures come by chance, clearly above when they come from load;
 *   <li>how often retries succeed, against first attempts: retries that do worse are of requests that fail by themselves, or
 *       make things worse.
 * </ul>
 *
 * <p>Not thread-safe; its owner is.
 */
final class LoadSense {

    /** Attempts before anything is known. */
    static final int ENOUGH = 40;

    /** From this correlation on failures come from load. */
    static final double CORRELATED = 0.2;

    /** Retries must succeed at least this often, relative to first attempts. */
    static final double AS_OFTEN = 0.6;

    /** First attempts must succeed at least this often: what never succeeds teaches nothing. */
    static final double SOME = 0.05;

    /** The weight of everything before, when one more attempt is heard: the last 200 count. */
    private static final double KEEP = 1 - 1.0 / 200;

    /** A correlation of chance strays by 1/√n; three of those prove nothing. */
    private static final double STRAY = 3;

    private double n;
    private double sumLoad;
    private double sumLoad2;
    private double sumFailed;
    private double sumBoth;
    private double firsts;
    private double firstsGood;
    private double retries;
    private double retriesGood;

    /** An attempt ended that was sent while so many were in flight. */
    void heard(int inFlight, boolean retry, boolean good) {
        double failed = good ? 0 : 1;
        n = n * KEEP + 1;
        sumLoad = sumLoad * KEEP + inFlight;
        sumLoad2 = sumLoad2 * KEEP + (double) inFlight * inFlight;
        sumFailed = sumFailed * KEEP + failed;
        sumBoth = sumBoth * KEEP + inFlight * failed;
        if (retry) {
            retries = retries * KEEP + 1;
            retriesGood = retriesGood * KEEP + (good ? 1 : 0);
        } else {
            firsts = firsts * KEEP + 1;
            firstsGood = firstsGood * KEEP + (good ? 1 : 0);
        }
    }

    /** How strongly failing goes with load, from -1 to 1; 0 while nothing varies. */
    double correlation() {
        double covariance = sumBoth / n - sumLoad / n * (sumFailed / n);
        double loads = sumLoad2 / n - sumLoad / n * (sumLoad / n);
        double fails = sumFailed / n * (1 - sumFailed / n);
        return n < 2 || loads < 1e-9 || fails < 1e-9 ? 0 : covariance / Math.sqrt(loads * fails);
    }

    /** More load makes it fail more: a retry would take the place of another call. */
    boolean comesFromLoad() {
        return n >= ENOUGH && correlation() > Math.max(CORRELATED, STRAY / Math.sqrt(n));
    }

    /** Failures come by chance, and a retry is as good as a first attempt. */
    boolean comesByChance() {
        return n >= ENOUGH && !comesFromLoad() && firstsGood > SOME * firsts && retriesAreAsGood();
    }

    private boolean retriesAreAsGood() {
        return retries < 1 || retriesGood / retries >= AS_OFTEN * firstsGood / firsts;
    }

    /** The share of attempts that fail. */
    double failing() {
        return n == 0 ? 0 : sumFailed / n;
    }

    /** How many attempts this rests on. */
    double count() {
        return n;
    }
}
