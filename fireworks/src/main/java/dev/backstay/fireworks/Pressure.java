package dev.backstay.fireworks;

/**
 * What weighed on a deployment in a window of time, as its callers saw it.
 *
 * @param seconds length of the window
 * @param callsPerSecond calls that came, each once, however often it was tried
 * @param sentPerSecond attempts
 * @param rejectedPerSecond attempts that got a 429
 * @param startingPerSecond attempts that met a deployment at zero
 * @param serviceSeconds how long an answer took, on average; 0 if there was none
 * @param queueSeconds how long requests waited at the server, on average, if it says so
 */
public record Pressure(
        double seconds,
        double callsPerSecond,
        double sentPerSecond,
        double rejectedPerSecond,
        double startingPerSecond,
        double serviceSeconds,
        double queueSeconds) {

    /** How many requests would be worked on at a time if there were room for all (Little's law). */
    public double demand() {
        return callsPerSecond * serviceSeconds;
    }

    /** The share of attempts that got a 429. */
    public double rejectedShare() {
        return sentPerSecond == 0 ? 0 : rejectedPerSecond / sentPerSecond;
    }
}
