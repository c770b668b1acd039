package dev.backstay.simulator;

import java.util.PriorityQueue;
import java.util.random.RandomGenerator;

/**
 * The machines behind a provider: whether there is room for a request, and how long it waits for its turn.
 *
 * <p>Each kind is a small model of one way in which capacity runs out. Not thread-safe.
 */
public interface Serving {

    /** A kind of machinery, as a script names it; each provider opens its own. */
    @FunctionalInterface
    interface Plan {
        Serving open();
    }

    /**
     * Where a request is worked on.
     *
     * @param kind taken, or how it is turned away
     * @param queueNanos how long it waits before the work begins
     * @param cutNanos how long after its arrival the machine dies under it, or {@link Course#NEVER}
     */
    record Place(Kind kind, long queueNanos, long cutNanos) {
        /** What becomes of it. */
        public enum Kind {
            /** It is worked on. */
            TAKEN,
            /** Shed with a 503. */
            SHED,
            /** The machine it was sent to is not there: 502. */
            GONE,
            /** All replicas have as much as they take: 429. */
            FULL,
            /** There is no replica; one starts: 503 of its own kind. */
            STARTING
        }

        static final Place NOWHERE = new Place(Kind.TAKEN, 0, Course.NEVER);
        private static final Place SHED = new Place(Kind.SHED, 0, Course.NEVER);
        private static final Place GONE = new Place(Kind.GONE, 0, Course.NEVER);
    }

    /** Takes a request, or turns it away. */
    Place take(long nowNanos, long workNanos, RandomGenerator chance);

    /** A request that was taken is over: answered, broken or abandoned. */
    void leave(Place place);

    /**
     * When a request that comes behind so many others could begin, for those who can see the future;
     * {@link Course#NEVER} if only an end makes room.
     */
    long roomAtNanos(int ahead, long nowNanos);

    /** Whether it is a dedicated deployment: no token limits, and answers that say how full it is. */
    default boolean isDedicated() {
        return false;
    }

    /** So many at a time; beyond it load is shed. */
    static Serving.Plan atOnce(int limit) {
        return () -> new AtOnce(limit);
    }

    /**
     * Workers with one queue, first come, first served; work is done even if the caller has left. From one moment to
     * another only a share of them works.
     */
    static Serving.Plan workers(int count, long dipFromNanos, long dipToNanos, double shareInDip) {
        return () -> new Workers(count, dipFromNanos, dipToNanos, shareInDip);
    }

    /** Replicas that are restarted one after the other; the router sends to one that is gone until it notices. */
    static Serving.Plan rollingRestart(int replicas, long firstNanos, long restartNanos, long noticeNanos) {
        return () -> new Rolling(replicas, firstNanos, restartNanos, noticeNanos);
    }

    /** So many at a time. */
    final class AtOnce implements Serving {
        private final int limit;
        private int active;

        private AtOnce(int limit) {
            this.limit = limit;
        }

        @Override
        public Place take(long nowNanos, long workNanos, RandomGenerator chance) {
            if (active >= limit) {
                return Place.SHED;
            }
            active++;
            return Place.NOWHERE;
        }

        @Override
        public void leave(Place place) {
            active--;
        }

        @Override
        public long roomAtNanos(int ahead, long nowNanos) {
            return active + ahead < limit ? nowNanos : Course.NEVER;
        }
    }

    /** Workers with one queue. */
    final class Workers implements Serving {
        private final long dipFromNanos;
        private final long dipToNanos;
        private final int inDip;
        private final PriorityQueue<long[]> freeAt = new PriorityQueue<>((a, b) -> {
            int byTime = Long.compare(a[0], b[0]);
            return byTime != 0 ? byTime : Long.compare(a[1], b[1]);
        });

        private Workers(int count, long dipFromNanos, long dipToNanos, double shareInDip) {
            this.dipFromNanos = dipFromNanos;
            this.dipToNanos = dipToNanos;
            this.inDip = (int) Math.round(count * shareInDip);
            for (int i = 0; i < count; i++) {
                freeAt.add(new long[] {0, i});
            }
        }

        @Override
        public Place take(long nowNanos, long workNanos, RandomGenerator chance) {
            long[] worker = firstFree(nowNanos);
            long start = Math.max(nowNanos, worker[0]);
            worker[0] = start + workNanos;
            freeAt.add(worker);
            return new Place(Place.Kind.TAKEN, start - nowNanos, Course.NEVER);
        }

        /** Takes out the worker that begins first; those that pause in the dip are free at its end. */
        private long[] firstFree(long nowNanos) {
            while (true) {
                long[] worker = freeAt.remove();
                long start = Math.max(nowNanos, worker[0]);
                if (worker[1] < inDip || start < dipFromNanos || start >= dipToNanos) {
                    return worker;
                }
                worker[0] = dipToNanos;
                freeAt.add(worker);
            }
        }

        @Override
        public void leave(Place place) {
            // The work is done all the same.
        }

        @Override
        public long roomAtNanos(int ahead, long nowNanos) {
            return nowNanos;
        }
    }

    /** Replicas, one of them away at a time. */
    final class Rolling implements Serving {
        /** The connections of a replica that goes do not all die at the same moment. */
        private static final int DYING_NANOS = 1_000_000;

        private final int replicas;
        private final long firstNanos;
        private final long restartNanos;
        private final long noticeNanos;

        private Rolling(int replicas, long firstNanos, long restartNanos, long noticeNanos) {
            this.replicas = replicas;
            this.firstNanos = firstNanos;
            this.restartNanos = restartNanos;
            this.noticeNanos = noticeNanos;
        }

        private long goneAt(int replica) {
            return firstNanos + replica * restartNanos;
        }

        @Override
        public Place take(long nowNanos, long workNanos, RandomGenerator chance) {
            int replica = pick(nowNanos, chance);
            long gone = goneAt(replica);
            if (nowNanos >= gone && nowNanos < gone + restartNanos) {
                return Place.GONE;
            }
            boolean diesUnderIt = nowNanos < gone && nowNanos + workNanos >= gone;
            long cutNanos = gone - nowNanos + chance.nextInt(DYING_NANOS);
            return new Place(Place.Kind.TAKEN, 0, diesUnderIt ? cutNanos : Course.NEVER);
        }

        /** One of those that the router believes to be there. */
        private int pick(long nowNanos, RandomGenerator chance) {
            int replica = chance.nextInt(replicas);
            for (int tries = 0; tries < replicas; tries++) {
                long gone = goneAt(replica);
                if (nowNanos < gone + noticeNanos || nowNanos >= gone + restartNanos) {
                    return replica;
                }
                replica = (replica + 1) % replicas;
            }
            return replica;
        }

        @Override
        public void leave(Place place) {
            // A replica takes what comes.
        }

        @Override
        public long roomAtNanos(int ahead, long nowNanos) {
            return nowNanos;
        }
    }
}
