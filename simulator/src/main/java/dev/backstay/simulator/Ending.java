package dev.backstay.simulator;

import dev.backstay.core.Result;

/**
 * How one call ended in virtual time.
 *
 * @param number of the call in its world
 * @param result succeeded or failed
 * @param attempts how often it was sent
 * @param arrivedNanos when it arrived
 * @param firstEventNanos when the first event of the answer that counted came, or {@link #NEVER}
 * @param endedNanos when it was over
 * @param billedInVain tokens billed for attempts that gave no answer
 * @param rejected how many attempts met a 429
 * @param resumedTokens tokens of answers that broke off, which the caller kept because another attempt went on from there
 * @param stitches how many attempts went on where an answer broke off
 */
public record Ending(
        long number,
        Result result,
        int attempts,
        long arrivedNanos,
        long firstEventNanos,
        long endedNanos,
        long billedInVain,
        int rejected,
        int resumedTokens,
        int stitches) {

    /** No event came. */
    public static final long NEVER = Long.MAX_VALUE;

    /** How long it took. */
    public long latencyNanos() {
        return endedNanos - arrivedNanos;
    }
}
