package dev.backstay.rehearsal;

import dev.backstay.platform.Fleet;
import dev.backstay.simulator.Serving;
import java.util.random.RandomGenerator;

/** The replicas of a deployment as the machines behind a provider. */
final class FleetServing implements Serving {

    private static final long NEVER = Long.MAX_VALUE;
    private static final Place TAKEN = new Place(Place.Kind.TAKEN, 0, NEVER);
    private static final Place FULL = new Place(Place.Kind.FULL, 0, NEVER);
    private static final Place STARTING = new Place(Place.Kind.STARTING, 0, NEVER);

    private final Fleet fleet;
    private long nowNanos;
    private long refused;
    private long asked;

    FleetServing(Fleet fleet) {
        this.fleet = fleet;
    }

    Fleet fleet() {
        return fleet;
    }

    /** Requests that found no room. */
    long refused() {
        return refused;
    }

    /** Requests that came. */
    long asked() {
        return asked;
    }

    void look(long now) {
        nowNanos = now;
        fleet.look(now);
    }

    @Override
    public Place take(long now, long workNanos, RandomGenerator chance) {
        nowNanos = now;
        asked++;
        boolean none = fleet.serving(now) == 0;
        if (fleet.enter(now)) {
            return TAKEN;
        }
        refused++;
        return none ? STARTING : FULL;
    }

    @Override
    public boolean isDedicated() {
        return true;
    }

    @Override
    public void leave(Place place) {
        fleet.leave(nowNanos);
    }

    @Override
    public long roomAtNanos(int ahead, long now) {
        return now;
    }
}
