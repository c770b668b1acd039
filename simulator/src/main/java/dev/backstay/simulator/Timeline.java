package dev.backstay.simulator;

import java.util.Arrays;

/** Calls by when they arrived, in buckets of {@value #BUCKET_SECONDS} seconds. Not thread-safe. */
public final class Timeline {

    /** The width of a bucket, in seconds. */
    public static final int BUCKET_SECONDS = 10;

    /** Calls later than this many buckets are counted in the last one: a day. */
    private static final int BUCKETS_LIMIT = 24 * 3600 / BUCKET_SECONDS;

    private int[] arrived = new int[64];
    private int[] failed = new int[64];
    private int used;

    void call(long arrivedNanos, boolean succeeded) {
        int bucket = (int) Math.min(BUCKETS_LIMIT - 1, arrivedNanos / (BUCKET_SECONDS * 1_000_000_000L));
        if (bucket >= arrived.length) {
            int size = Math.min(BUCKETS_LIMIT, Math.max(bucket + 1, arrived.length * 2));
            arrived = Arrays.copyOf(arrived, size);
            failed = Arrays.copyOf(failed, size);
        }
        used = Math.max(used, bucket + 1);
        arrived[bucket]++;
        failed[bucket] += succeeded ? 0 : 1;
    }

    /** Calls that arrived, per bucket. */
    public int[] arrived() {
        return Arrays.copyOf(arrived, used);
    }

    /** Of those, calls that failed in the end. */
    public int[] failed() {
        return Arrays.copyOf(failed, used);
    }
}
