package dev.backstay.fireworks;

import dev.backstay.client.Clock;
import java.time.Duration;
import java.time.Instant;

/** A clock on which waiting takes no time. */
final class JumpingClock implements Clock {

    private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

    private long nanos;

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public Instant now() {
        return EPOCH.plusNanos(nanos);
    }

    @Override
    public void await(Object monitor, long untilNanos) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        nanos = Math.max(nanos, untilNanos);
    }

    void advance(Duration time) {
        nanos += time.toNanos();
    }

    double seconds() {
        return nanos / 1e9;
    }
}
