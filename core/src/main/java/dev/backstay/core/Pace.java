package dev.backstay.core;

/**
 * How fast a target usually is, learned from its answers, and so how long to wait before calling it silent.
 *
 * <p><b>Why.</b> A fixed limit is too long for a fast model (a lost request is noticed late) and too short when a target is
 * slow for everybody: then it cuts off work that was about to be done, asks again, and keeps a queue from ever draining. In
 * the storm scenario a fixed 5 s makes an outage of 20 s permanent.
 *
 * <pre>
 *   first token   max({@value #FIRST_FLOOR_SECONDS} s, {@value #FACTOR} · max(p99, largest of the last {@value #RECENT}))
 *   idle          max(half the setting, {@value #GAP_FACTOR} · p99 of the longest pause in a stream)
 * </pre>
 *
 * <p>An attempt that was overtaken (one that was sent later has its first token) is probably lost. While none was, it is
 * more likely that everybody waits, so it gets {@value #NOT_OVERTAKEN} times as long.
 *
 * <p>Until {@value #ENOUGH} answers were seen the settings hold, unless one of the last few took so long that its multiple is
 * more. An answer that is not streamed always has the setting. The largest of the last few moves at once when a queue
 * builds up; the percentile remembers. First tokens are kept apart by the size of the prompt.
 *
 * <p>Thread-safe.
 */
public final class Pace {

    /** A first token is waited for at least this long. */
    public static final int FIRST_FLOOR_SECONDS = 5;

    /** Room above what is usual; twice the p99 would wrongly give up one in ten thousand. */
    public static final int FACTOR = 4;

    /** Pauses vary more than first tokens. */
    public static final int GAP_FACTOR = 10;

    /** Answers before anything is known. */
    public static final int ENOUGH = 20;

    /** So much longer for who was not overtaken. */
    public static final int NOT_OVERTAKEN = 3;

    /** How many answers are recent. */
    public static final int RECENT = 8;

    private static final long SECOND = 1_000_000_000L;

    /** Prompts of up to so many tokens behave alike. */
    private static final long[] PROMPT_SIZES = {2_000, 8_000, 32_000, Long.MAX_VALUE};

    private final Spread[] firstTokens = new Spread[PROMPT_SIZES.length];
    private final Spread gaps = new Spread();
    private final long[][] recent = new long[PROMPT_SIZES.length][RECENT];
    private final int[] recentAt = new int[PROMPT_SIZES.length];
    private long lastAnsweredSentNanos;
    private boolean answered;

    /** Nothing is known yet. */
    public Pace() {
        for (int i = 0; i < firstTokens.length; i++) {
            firstTokens[i] = new Spread();
        }
    }

    /** A first event came now to a request whose last byte had left then. */
    public synchronized void firstEvent(long promptTokens, long sentNanos, long nowNanos) {
        long nanos = nowNanos - sentNanos;
        if (!answered || sentNanos - lastAnsweredSentNanos > 0) {
            lastAnsweredSentNanos = sentNanos;
            answered = true;
        }
        int size = sizeOf(promptTokens);
        firstTokens[size].add(nanos);
        recent[size][recentAt[size]] = nanos;
        recentAt[size] = (recentAt[size] + 1) % RECENT;
    }

    /** A stream ended well, and this was its longest pause. */
    public synchronized void gap(long nanos) {
        gaps.add(nanos);
    }

    /**
     * How long a first token may take now.
     *
     * @param sentNanos when the last byte of the request had left
     * @param setting what the caller's settings say
     * @param most how long it may take at most for who was not overtaken, so that there is time for another try
     */
    public synchronized long firstTokenNanos(long promptTokens, long sentNanos, long setting, long most) {
        int size = sizeOf(promptTokens);
        Spread known = firstTokens[size];
        long recently = FACTOR * largest(recent[size]);
        if (known.count() < ENOUGH) {
            return Math.max(setting, recently);
        }
        long usual = Math.max(FIRST_FLOOR_SECONDS * SECOND, Math.max(FACTOR * known.quantile(0.99), recently));
        boolean overtaken = lastAnsweredSentNanos - sentNanos > 0;
        return overtaken ? usual : Math.max(usual, Math.min(most, NOT_OVERTAKEN * usual));
    }

    /**
     * How long the next event of a stream may take: what is usual here, and at least half of what the settings say, because a
     * stream that is cut teaches nothing.
     */
    public synchronized long idleNanos(long setting) {
        return gaps.count() < ENOUGH ? setting : Math.max(setting / 2, GAP_FACTOR * gaps.quantile(0.99));
    }

    /** A quantile of the time to a first token, in nanoseconds; 0 while too little is known. */
    public synchronized long firstTokenQuantile(long promptTokens, double share) {
        Spread known = firstTokens[sizeOf(promptTokens)];
        return known.count() < ENOUGH ? 0 : known.quantile(share);
    }

    private static long largest(long[] values) {
        long largest = 0;
        for (long each : values) {
            largest = Math.max(largest, each);
        }
        return largest;
    }

    private static int sizeOf(long promptTokens) {
        int size = 0;
        while (promptTokens > PROMPT_SIZES[size]) {
            size++;
        }
        return size;
    }
}
