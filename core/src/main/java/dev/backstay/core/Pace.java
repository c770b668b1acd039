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
 * more; and who was not overtaken is not given up on at all while there is nothing to compare with, if the connection is new
 * and nobody else can be asked. An answer that is not streamed has all the time that is left, but for {@value #WHOLE_FACTOR} times the
 * p99 of such answers, in which another try would be done. The largest of the last few moves at once when
 * a queue builds up; the percentile remembers. First tokens are kept apart by the kind of work and the size of the prompt. Where few
 * answers were streamed, the times of whole ones stand for those of first tokens, which come no later.
 *
 * <p>Thread-safe.
 */
public final class Pace {

    /** A first token is waited for at least this long. */
    public static final int FIRST_FLOOR_SECONDS = 5;

    /** Room above what is usual; twice the p99 would wrongly give up one in ten thousand. */
    public static final int FACTOR = 4;

    /** Room for a whole answer. */
    public static final int WHOLE_FACTOR = 2;

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

    /** What behaves alike: prompts of a size, for a kind of work. */
    private static final int CLASSES = PROMPT_SIZES.length * Workload.values().length;

    private final Spread[] firstTokens = new Spread[CLASSES];
    private final Spread[] wholes = new Spread[CLASSES];
    private final Spread gaps = new Spread();
    private final long[][] recent = new long[CLASSES][RECENT];
    private final int[] recentAt = new int[CLASSES];
    private long lastAnsweredSentNanos;
    private boolean answered;

    /** Nothing is known yet. */
    public Pace() {
        for (int i = 0; i < firstTokens.length; i++) {
            firstTokens[i] = new Spread();
            wholes[i] = new Spread();
        }
    }

    /**
     * What the settings and the route of an attempt allow for its first token, in nanoseconds.
     *
     * @param setting what the caller's settings say
     * @param overtaken at most this long once an attempt that was sent later has its first token: then it is this one that is slow
     * @param known how long at most for who was not overtaken, where it is known what is usual, so that there is time for another try
     * @param unknown how long for who was not overtaken, where nothing is known: silence proves nothing then
     */
    public record Patience(long setting, long overtaken, long known, long unknown) {}

    /** A first event came now to a request whose last byte had left then. */
    public synchronized void firstEvent(Workload workload, long promptTokens, long sentNanos, long nowNanos) {
        long nanos = nowNanos - sentNanos;
        if (!answered || sentNanos - lastAnsweredSentNanos > 0) {
            lastAnsweredSentNanos = sentNanos;
            answered = true;
        }
        int size = classOf(workload, promptTokens);
        firstTokens[size].add(nanos);
        recent[size][recentAt[size]] = nanos;
        recentAt[size] = (recentAt[size] + 1) % RECENT;
    }

    /** An answer that was not streamed took so long. */
    public synchronized void whole(Workload workload, long promptTokens, long nanos) {
        wholes[classOf(workload, promptTokens)].add(nanos);
    }

    /** What almost every answer that is not streamed is made in, with room, in nanoseconds; 0 while too little is known. */
    public synchronized long wholeNanos(Workload workload, long promptTokens) {
        Spread known = wholes[classOf(workload, promptTokens)];
        return known.count() < ENOUGH ? 0 : WHOLE_FACTOR * known.quantile(0.99);
    }

    /** A stream ended well, and this was its longest pause. */
    public synchronized void gap(long nanos) {
        gaps.add(nanos);
    }

    /**
     * How long a first token may take now.
     *
     * @param sentNanos when the last byte of the request had left
     */
    public synchronized long firstTokenNanos(Workload workload, long promptTokens, long sentNanos, Patience patience) {
        int size = classOf(workload, promptTokens);
        Spread known = firstTokensOf(size);
        long recently = FACTOR * largest(recent[size]);
        boolean overtaken = answered && lastAnsweredSentNanos - sentNanos > 0;
        if (known.count() < ENOUGH) {
            return Math.max(recently, overtaken ? patience.overtaken : Math.max(patience.setting, patience.unknown));
        }
        long usual = Math.max(FIRST_FLOOR_SECONDS * SECOND, Math.max(FACTOR * known.quantile(0.99), recently));
        return overtaken ? usual : Math.max(usual, Math.min(patience.known, NOT_OVERTAKEN * usual));
    }

    /**
     * How long the next event of a stream may take: what is usual here, and at least half of what the settings say, because a
     * stream that is cut teaches nothing.
     */
    public synchronized long idleNanos(long setting) {
        return gaps.count() < ENOUGH ? setting : Math.max(setting / 2, GAP_FACTOR * gaps.quantile(0.99));
    }

    /** A quantile of the time to a first token, in nanoseconds; 0 while too little is known. */
    public synchronized long firstTokenQuantile(Workload workload, long promptTokens, double share) {
        Spread known = firstTokensOf(classOf(workload, promptTokens));
        return known.count() < ENOUGH ? 0 : known.quantile(share);
    }

    private Spread firstTokensOf(int size) {
        return firstTokens[size].count() < ENOUGH ? wholes[size] : firstTokens[size];
    }

    private static long largest(long[] values) {
        long largest = 0;
        for (long each : values) {
            largest = Math.max(largest, each);
        }
        return largest;
    }

    private static int classOf(Workload workload, long promptTokens) {
        int size = 0;
        while (promptTokens > PROMPT_SIZES[size]) {
            size++;
        }
        return workload.ordinal() * PROMPT_SIZES.length + size;
    }
}
