package dev.backstay.ledger;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Throws away what is older than it is kept, and what is more than fits. */
final class Sweeper {

    /** How far apart sweeps are. */
    static final Duration EVERY = Duration.ofMinutes(10);

    private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);

    /** What makes the store too large goes in steps of this part of it. */
    private static final int PART = 10;

    private final Keeping keeping;
    private final InstantSource clock;
    private @Nullable Instant last;

    Sweeper(Keeping keeping, InstantSource clock) {
        this.keeping = keeping;
        this.clock = clock;
    }

    /** Sweeps, unless the clock has jumped since the last time: a wrong clock would throw away what is new. */
    void sweep(Ledger ledger) {
        Instant now = clock.instant();
        Instant before = last;
        last = now;
        if (before == null) {
            return;
        }
        Duration since = Duration.between(before, now);
        if (since.isNegative() || since.compareTo(EVERY.multipliedBy(3)) > 0) {
            LOG.warn("the clock went by {} in what should be {}; nothing is thrown away this time", since, EVERY);
            return;
        }
        ledger.calls().forgetBefore(now.minus(keeping.callsFor()).toEpochMilli());
        ledger.tallies().forgetBefore(now.minus(keeping.talliesFor()).toEpochMilli());
        ledger.providerRates().forgetBefore(now.minus(keeping.talliesFor()).toEpochMilli());
        long records = ledger.calls().count();
        while (records > 0 && ledger.bytes() > keeping.bytes()) {
            ledger.calls().forgetOldest(Math.max(1, records / PART));
            records = ledger.calls().count();
        }
    }
}
