package dev.backstay.fireworks;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/**
 * How many replicas a deployment needs, from the pressure on it. Decides, and does nothing.
 *
 * <p><b>Why beside the platform's autoscaler.</b> That one sees the requests that are being worked on. Those that got a 429, or that
 * callers hold back, it does not see; and a replica takes minutes to boot. This one knows what came, and where it goes.
 *
 * <pre>
 *   demand  D  = calls per second · seconds of service            (Little), smoothed over a minute
 *   ahead   D' = D + slope · (boot + a look)                      what is needed when a replica that boots now serves
 *   needed     = ⌈(D' + z·√D') / requests per replica⌉            the root is for chance: arrivals come in clusters
 *
 *   needed above what there is            up at once, after a cooldown unless there are 429s
 *   needed below for as long as 'steady'  down to the most that was needed meanwhile
 *   in between                            stay
 * </pre>
 *
 * <p>It sets the minimum to what is needed, leaves the platform room above it for surprises, and never exceeds {@code most} or the
 * ceiling of replica hours. Not thread-safe.
 */
public final class Autoscaler {

    /** Standard deviations of chance that are provided for. */
    private static final double CHANCE = 2.1;

    /** Going down needs this much less demand than going up, so that it does not swing. */
    private static final double HYSTERESIS = 1.12;

    /** Over this long a demand is smoothed. */
    private static final double SMOOTH_SECONDS = 60;

    /** From this share of 429s on, a cooldown is not waited for. */
    private static final double URGENT = 0.01;

    /** 429s for so long show that a replica takes less than was believed. */
    private static final double LASTING_SECONDS = 300;

    /** Less than this many requests at a time is no demand. */
    private static final double NOTHING = 0.02;

    private static final double DAY_SECONDS = 86_400;
    private static final long TREND_NANOS = 300_000_000_000L;
    private static final double LOAD_TARGET = 0.95;

    /**
     * What it may do.
     *
     * @param least replicas at least
     * @param most replicas at most
     * @param perReplica requests that a replica works on at a time; 0 to learn it from the 429s
     * @param boot how long a replica takes to serve
     * @param steady how long less must have been enough before it goes down
     * @param cooldown between two steps up
     * @param hoursPerDay replica hours that a day may cost; infinite for no ceiling
     */
    public record Settings(
            int least,
            int most,
            double perReplica,
            Duration boot,
            Duration steady,
            Duration cooldown,
            double hoursPerDay) {

        /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
        public Settings {
            if (least < 0 || most < Math.max(1, least)) {
                throw new IllegalArgumentException("replicas are " + least + " to " + most
                        + ": it must be 0 <= least <= most, and most at least 1");
            }
            if (!(perReplica >= 0)) {
                throw new IllegalArgumentException(
                        "per-replica is " + perReplica + ": it must be above 0, or 0 to learn it");
            }
            if (!(hoursPerDay > 0)) {
                throw new IllegalArgumentException("hours-per-day is " + hoursPerDay + ": it must be above 0");
            }
            if (boot.isNegative() || steady.isNegative() || cooldown.isNegative()) {
                throw new IllegalArgumentException(
                        "boot, steady and cooldown must not be negative: " + boot + ", " + steady + ", " + cooldown);
            }
        }
    }

    /**
     * The deployment as it is.
     *
     * @param min its minimum
     * @param max its maximum
     * @param size replicas it has, with those that boot
     * @param ready replicas that serve
     */
    public record Now(int min, int max, int size, int ready) {}

    /**
     * What should be.
     *
     * @param changes whether that is another than what is
     * @param min the minimum
     * @param max the maximum
     * @param loadTarget how full a replica shall be before the platform adds one by itself
     * @param needed what it comes from
     * @param evidence what was seen, in words
     */
    public record Proposal(boolean changes, int min, int max, double loadTarget, int needed, String evidence) {}

    private record Point(long nanos, double demand) {}

    private record Need(long nanos, int replicas) {}

    private final Settings settings;
    private final Deque<Point> trend = new ArrayDeque<>();
    private final Deque<Need> needs = new ArrayDeque<>();
    private double demand = -1;
    private double learned;
    private double hours;
    private long dayNanos;
    private long lookedNanos;
    private long firstNanos;
    private long raisedNanos = Long.MIN_VALUE;
    private boolean looked;
    private double pressedSeconds;

    public Autoscaler(Settings settings) {
        this.settings = settings;
        this.learned = settings.perReplica;
    }

    /** Looks at the last window, and says what should be. */
    public Proposal look(Pressure pressure, Now now, long nowNanos) {
        account(now, nowNanos);
        learn(pressure, now);
        pressedSeconds = isPressed(pressure) ? pressedSeconds + pressure.seconds() : 0;
        smooth(pressure, nowNanos);
        double ahead =
                Math.max(0, demand + Math.max(0, slope()) * (settings.boot.toNanos() / 1e9 + pressure.seconds()));
        int needed = bounded(replicas(ahead, pressure, now), nowNanos);
        int enough = bounded(replicas(Math.max(ahead, demand) * HYSTERESIS, pressure, now), nowNanos);
        needs.add(new Need(nowNanos, enough));
        while (nowNanos - needs.element().nanos > settings.steady.toNanos()) {
            needs.remove();
        }
        boolean cool = raisedNanos == Long.MIN_VALUE || nowNanos - raisedNanos >= settings.cooldown.toNanos();
        int wanted = now.min;
        if (needed > now.min && (cool || isPressed(pressure))) {
            wanted = needed;
            raisedNanos = nowNanos;
        } else if (needed < now.min && hasLookedFor(settings.steady, nowNanos)) {
            wanted = Math.min(
                    now.min, needs.stream().mapToInt(Need::replicas).max().orElse(needed));
        }
        int max = max(wanted, now, nowNanos);
        boolean changes = wanted != now.min || max != now.max;
        return new Proposal(changes, wanted, max, LOAD_TARGET, needed, evidence(pressure, now, ahead, needed));
    }

    /** Room above the minimum for surprises; it is taken back only when the minimum goes down, or when there is more than may be. */
    private int max(int wanted, Now now, long nowNanos) {
        int room = Math.max(wanted, Math.min(most(nowNanos), wanted + Math.max(1, wanted / 4)));
        if (wanted < now.min) {
            return room;
        }
        int allowed = Math.max(wanted, Math.min(now.max, most(nowNanos)));
        return Math.max(room, allowed);
    }

    private static boolean isPressed(Pressure pressure) {
        return pressure.rejectedShare() > URGENT || pressure.startingPerSecond() > 0;
    }

    private boolean hasLookedFor(Duration time, long nowNanos) {
        return nowNanos - firstNanos >= time.toNanos();
    }

    /** Replica hours since the day began. */
    private void account(Now now, long nowNanos) {
        if (!looked) {
            looked = true;
            firstNanos = nowNanos;
            dayNanos = nowNanos;
            lookedNanos = nowNanos;
        }
        if (nowNanos - lookedNanos > settings.steady.toNanos()) {
            needs.clear(); // nobody looked for so long that nothing is known of it
            firstNanos = nowNanos;
        }
        hours += now.size * (nowNanos - lookedNanos) / 3.6e12;
        lookedNanos = nowNanos;
        if ((nowNanos - dayNanos) / 1e9 >= DAY_SECONDS) {
            dayNanos = nowNanos;
            hours = 0;
        }
    }

    /** Where there are 429s, replicas have as much as they take: that is what one takes. */
    private void learn(Pressure pressure, Now now) {
        if (settings.perReplica > 0 || now.ready == 0 || pressure.rejectedShare() < URGENT) {
            return;
        }
        double served = (pressure.sentPerSecond() - pressure.rejectedPerSecond() - pressure.startingPerSecond())
                * pressure.serviceSeconds();
        double each = served / now.ready;
        if (each > 0) {
            learned = learned == 0 ? each : learned * 0.7 + each * 0.3;
        }
    }

    private void smooth(Pressure pressure, long nowNanos) {
        double weight = demand < 0 ? 1 : 1 - Math.exp(-pressure.seconds() / SMOOTH_SECONDS);
        double jump = pressure.demand();
        boolean leap = demand >= 0
                && jump
                        > demand
                                + 4
                                        * Math.sqrt(Math.max(1, demand)
                                                * Math.max(1, pressure.serviceSeconds() / pressure.seconds()));
        demand = demand < 0 || leap ? jump : demand + weight * (jump - demand);
        if (leap) {
            trend.clear(); // a step is no ramp
        }
        trend.add(new Point(nowNanos, demand));
        while (nowNanos - trend.element().nanos > TREND_NANOS) {
            trend.remove();
        }
    }

    /** Demand per second, by least squares over the last minutes; 0 until there are enough points. */
    private double slope() {
        int n = trend.size();
        if (n < 8) {
            return 0;
        }
        long origin = trend.element().nanos;
        double sumX = 0;
        double sumY = 0;
        double sumXx = 0;
        double sumXy = 0;
        for (Point point : trend) {
            double x = (point.nanos - origin) / 1e9;
            sumX += x;
            sumY += point.demand;
            sumXx += x * x;
            sumXy += x * point.demand;
        }
        double spread = n * sumXx - sumX * sumX;
        double slope = spread < 1e-9 ? 0 : (n * sumXy - sumX * sumY) / spread;
        double noise = Math.sqrt(Math.max(1, demand)) / (TREND_NANOS / 1e9);
        return slope > noise ? slope : 0;
    }

    private int replicas(double load, Pressure pressure, Now now) {
        boolean blind = pressure.serviceSeconds() <= 0 || pressedSeconds >= LASTING_SECONDS;
        int atLeast = isPressed(pressure) && blind ? now.ready + 1 : 0;
        if (learned <= 0) {
            return isPressed(pressure) ? Math.max(atLeast, (int) Math.ceil(now.size * 1.25)) : now.min;
        }
        if (load < NOTHING) {
            return atLeast;
        }
        return Math.max(atLeast, (int) Math.ceil((load + CHANCE * Math.sqrt(load)) / learned));
    }

    private int bounded(int replicas, long nowNanos) {
        return Math.max(settings.least, Math.min(most(nowNanos), replicas));
    }

    /** What may be had now: the setting, and what is left of the day's replica hours, spread over what is left of the day. */
    private int most(long nowNanos) {
        if (Double.isInfinite(settings.hoursPerDay)) {
            return settings.most;
        }
        double hoursLeft = Math.max(1.0 / 60, (DAY_SECONDS - (nowNanos - dayNanos) / 1e9) / 3_600);
        int affordable = (int) Math.floor(Math.max(0, settings.hoursPerDay - hours) / hoursLeft);
        return Math.max(settings.least, Math.min(settings.most, affordable));
    }

    private String evidence(Pressure pressure, Now now, double ahead, int needed) {
        return String.format(
                Locale.ROOT,
                "%.2f calls/s of %.1f s: demand %.1f, %.1f ahead; %.2f %% of attempts got a 429; queue %.2f s; %d of %d replicas ready;"
                        + " %s; %d needed; %.1f replica hours today",
                pressure.callsPerSecond(),
                pressure.serviceSeconds(),
                demand,
                ahead,
                100 * pressure.rejectedShare(),
                pressure.queueSeconds(),
                now.ready,
                now.size,
                learned > 0
                        ? String.format(Locale.ROOT, "%.1f requests a replica", learned)
                        : "what a replica takes is unknown",
                needed,
                hours);
    }
}
