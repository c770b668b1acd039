package dev.backstay.core;

/** A call's place at a {@link Limiter}. Its fields belong to the limiter and are guarded by it. */
public final class Lease {

    enum Place {
        OUTSIDE,
        WAITING,
        HELD
    }

    final Request request;
    final Waker waker;
    final long number;
    final double[] amounts = new double[4];
    Place place = Place.OUTSIDE;
    boolean refused;
    boolean counted;
    long grantedNanos;
    long wakeNanos;

    Lease(Request request, Waker waker, long number) {
        this.request = request;
        this.waker = waker;
        this.number = number;
    }

    /** After {@link Limiter.Admission#WAIT}: when to ask again, unless woken earlier. Never after the deadline. */
    public long wakeNanos() {
        return wakeNanos;
    }

    Deadline deadline() {
        return request.deadline();
    }

    Priority priority() {
        return request.priority();
    }

    long number() {
        return number;
    }
}
