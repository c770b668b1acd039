package dev.backstay.platform;

import java.util.ArrayList;
import java.util.List;

/**
 * The replicas of one deployment: some serve, some boot.
 *
 * <p>The platform's own autoscaler works inside the bounds: it wants so many replicas that each has {@code target} of its
 * capacity in use, adds when that has been too little for a while, removes when it has been too much for a longer while.
 * Not thread-safe; time never goes back.
 */
public final class Fleet {

    /** How it scales.
     *
     * @param bootNanos until a replica serves
     * @param perReplica requests that one works on at a time
     * @param upNanos before it adds
     * @param downNanos before it removes
     * @param zeroNanos idle time before it goes to zero
     */
    public record Ways(long bootNanos, int perReplica, long upNanos, long downNanos, long zeroNanos) {}

    private final Ways ways;
    private final List<Long> servesAt = new ArrayList<>();
    private int min;
    private int max;
    private double target = 0.8;
    private int active;
    private long nowNanos;
    private double replicaNanos;
    private long lowSince = Long.MIN_VALUE;
    private long highSince = Long.MIN_VALUE;
    private long idleSince;
    private int mostWanted;

    /** One with {@code min} replicas that boot from now on. */
    public Fleet(Ways ways, int min, int max, long nowNanos) {
        this.ways = ways;
        this.nowNanos = nowNanos;
        this.idleSince = nowNanos;
        bounds(min, max, target, nowNanos);
    }

    /** New bounds and a new target; what is outside of them boots or goes at once. */
    public void bounds(int newMin, int newMax, double newTarget, long now) {
        look(now);
        min = newMin;
        max = Math.max(newMin, newMax);
        target = newTarget;
        scaleTo(Math.max(min, Math.min(max, servesAt.size())), now);
    }

    /** So many replicas from now on; those that boot go first. */
    public void scaleTo(int wanted, long now) {
        advance(now);
        while (servesAt.size() < wanted) {
            servesAt.add(now + ways.bootNanos);
        }
        while (servesAt.size() > wanted) {
            servesAt.remove(servesAt.size() - 1);
        }
    }

    /** A request comes: whether there is room for it. At zero replicas it starts one. */
    public boolean enter(long now) {
        look(now);
        idleSince = now;
        if (servesAt.isEmpty() && max > 0) {
            scaleTo(Math.max(1, min), now);
            return false;
        }
        if (active >= serving(now) * ways.perReplica) {
            look(now, active + 1);
            return false;
        }
        active++;
        look(now);
        return true;
    }

    /** A request that was let in is over. */
    public void leave(long now) {
        active--;
        idleSince = now;
        look(now);
    }

    /** Replicas that serve. */
    public int serving(long now) {
        int count = 0;
        for (long at : servesAt) {
            count += at <= now ? 1 : 0;
        }
        return count;
    }

    /** Replicas, with those that boot. */
    public int size() {
        return servesAt.size();
    }

    /** Requests being worked on. */
    public int active() {
        return active;
    }

    /** What all its replicas have cost until now, in replica hours; those that boot cost too. */
    public double replicaHours(long now) {
        advance(now);
        return replicaNanos / 3.6e12;
    }

    /** Lets the platform's autoscaler look. */
    public void look(long now) {
        look(now, active);
    }

    private void look(long now, int demand) {
        advance(now);
        int wanted = (int) Math.max(min, Math.min(max, Math.ceil(demand / (ways.perReplica * target))));
        if (wanted > servesAt.size()) {
            lowSince = lowSince == Long.MIN_VALUE ? now : lowSince;
            if (now - lowSince >= ways.upNanos) {
                scaleTo(wanted, now);
                lowSince = Long.MIN_VALUE;
            }
        } else {
            lowSince = Long.MIN_VALUE;
        }
        down(now, wanted);
        if (min == 0 && active == 0 && now - idleSince >= ways.zeroNanos) {
            scaleTo(0, now);
        }
    }

    /** Goes down to the most that was wanted during the whole window; the last one goes only after the long idle time. */
    private void down(long now, int wanted) {
        int least = Math.max(1, wanted);
        if (least >= servesAt.size()) {
            highSince = Long.MIN_VALUE;
            return;
        }
        if (highSince == Long.MIN_VALUE) {
            highSince = now;
            mostWanted = least;
        }
        mostWanted = Math.max(mostWanted, least);
        if (now - highSince >= ways.downNanos) {
            scaleTo(Math.max(mostWanted, Math.max(min, 1)), now);
            highSince = Long.MIN_VALUE;
        }
    }

    private void advance(long now) {
        replicaNanos += (double) (now - nowNanos) * servesAt.size();
        nowNanos = now;
    }
}
