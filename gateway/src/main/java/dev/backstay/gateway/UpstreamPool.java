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
    static final long IDLE_SECONDS = 25;

    private final Upstream upstream;
    private final EventLoop loop;
    private final Deque<UpstreamConnection> idle = new ArrayDeque<>();
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
        if (closed || !channel.isActive() || idle.size() >= IDLE_LIMIT) {
            channel.close();
            return;
        }
        idle.addFirst(connection);
        long turn = connection.turn();
        loop.schedule(
                () -> {
                    if (connection.turn() == turn && idle.remove(connection)) {
                        channel.close();
                    }
                },
                IDLE_SECONDS,
                TimeUnit.SECONDS);
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
