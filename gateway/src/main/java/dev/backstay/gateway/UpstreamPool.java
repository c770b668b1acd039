package dev.backstay.gateway;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Idle connections of one event loop, the last used first. Belongs to its loop's thread. */
final class UpstreamPool {

    /** Idle connections kept per loop. */
    static final int IDLE_LIMIT = 256;

    /** How long one is kept idle; servers commonly close after 60 s, and whoever closes first is not surprised. */
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(25);

    /** How long one is used, so that a name whose address changes is followed. */
    private static final long AGE_NANOS = TimeUnit.MINUTES.toNanos(5);

    private final Upstream upstream;
    private final EventLoop loop;
    private final Deque<UpstreamConnection> idle = new ArrayDeque<>();
    private boolean watching;
    private boolean closed;

    UpstreamPool(Upstream upstream, EventLoop loop) {
        this.upstream = upstream;
        this.loop = loop;
    }

    Upstream upstream() {
        return upstream;
    }

    EventLoop loop() {
        return loop;
    }

    /** A connection that was used before and seems alive. */
    Optional<UpstreamConnection> take() {
        for (UpstreamConnection connection = idle.pollFirst(); connection != null; connection = idle.pollFirst()) {
            if (connection.channel().isActive()) {
                return Optional.of(connection);
            }
        }
        return Optional.empty();
    }

    /** Keeps a connection whose answer has been read to its end. */
    void give(UpstreamConnection connection) {
        Channel channel = connection.channel();
        long now = loop.ticker().nanoTime();
        if (closed || !channel.isActive() || idle.size() >= IDLE_LIMIT || now - connection.bornNanos() > AGE_NANOS) {
            channel.close();
            return;
        }
        connection.idleSince(now);
        idle.addFirst(connection);
        watch();
    }

    /** One timer for all, set for the one that has been idle for longest, which is the last; a timer each would be as many as calls. */
    private void watch() {
        if (!watching && !idle.isEmpty()) {
            watching = true;
            long dueNanos = idle.getLast().idleSince() + IDLE_NANOS;
            loop.schedule(this::closeIdle, dueNanos - loop.ticker().nanoTime(), TimeUnit.NANOSECONDS);
        }
    }

    private void closeIdle() {
        watching = false;
        long since = loop.ticker().nanoTime() - IDLE_NANOS;
        while (!idle.isEmpty() && idle.getLast().idleSince() - since <= 0) {
            idle.removeLast().channel().close();
        }
        watch();
    }

    /** One that had been idle was dead and did not show it, so the way was cut, and the others are dead as well. */
    void distrust() {
        idle.forEach(connection -> connection.channel().close());
        idle.clear();
    }

    /** The connection is gone. */
    void forget(UpstreamConnection connection) {
        idle.remove(connection);
    }

    /** Idle connections are closed now, and those in use when they come back. */
    void close() {
        loop.execute(() -> {
            closed = true;
            idle.forEach(connection -> connection.channel().close());
            idle.clear();
        });
    }
}
