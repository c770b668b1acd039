package dev.backstay.simulator;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * How one policy did in one scenario with one seed.
 *
 * @param scenario its name
 * @param policy its name
 * @param seed of everything drawn
 * @param calls that arrived
 * @param succeeded that had a whole answer before their deadline
 * @param oracleSucceeded how many the one who knows the future serves
 * @param attempts of all calls
 * @param goodTokensPerSecond tokens of answers that succeeded
 * @param p50Millis median time of a success
 * @param p99Millis 99th percentile of it
 * @param firstTokenP99Millis 99th percentile of the time to the first token of a success
 * @param failP50Millis median time until a call failed; 0 if none did
 * @param rejected429 attempts that met a 429
 * @param duplicateTokens billed for attempts that gave no answer
 * @param recoveredAfterSeconds from the end of the trouble to the moment from which on at least 95 % of each 5 s of arrivals
 *     succeed; 0 where there is no trouble that ends, null if it never does
 * @param minuteAfterPercent success of the calls that came 20 to 80 s after the end of the trouble; 100 where none does
 * @param collateral calls that came after the end of the trouble and failed
 * @param attemptsLater attempts after the first second, per call
 * @param fairness Jain's index over the clients' shares of what they asked for
 */
public record Row(
        String scenario,
        String policy,
        long seed,
        int calls,
        int succeeded,
        int oracleSucceeded,
        int attempts,
        double goodTokensPerSecond,
        @JsonProperty("p50_ms") double p50Millis,
        @JsonProperty("p99_ms") double p99Millis,
        @JsonProperty("first_token_p99_ms") double firstTokenP99Millis,
        @JsonProperty("fail_p50_ms") double failP50Millis,
        @JsonProperty("rejected_429") int rejected429,
        long duplicateTokens,
        @JsonProperty("recovered_after_s") @Nullable Double recoveredAfterSeconds,
        double minuteAfterPercent,
        int collateral,
        double attemptsLater,
        double fairness) {

    /** Share of the calls that succeeded, in percent. */
    double successPercent() {
        return calls == 0 ? 100 : 100.0 * succeeded / calls;
    }

    /** Success as a share of what the one who knows the future reaches, in percent. */
    double oraclePercent() {
        return oracleSucceeded == 0 ? 100 : 100.0 * succeeded / oracleSucceeded;
    }

    /** Attempts per call. */
    double attemptsPerCall() {
        return perCall(attempts);
    }

    /** Attempts that met a 429, per call. */
    double rejectedPerCall() {
        return perCall(rejected429);
    }

    /** Tokens billed in vain, per call. */
    double duplicateTokensPerCall() {
        return perCall(duplicateTokens);
    }

    private double perCall(double value) {
        return calls == 0 ? 0 : value / calls;
    }
}
