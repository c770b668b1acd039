package dev.backstay.gateway.admin;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Once a second, on a thread of its own, sends the state to everybody who looks; at once to who has just come.
 *
 * <p>Thread-safe.
 */
final class Broadcast implements AutoCloseable {

    /** Pages that are kept up to date at a time. */
    static final int VIEWERS_LIMIT = 32;

    private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Logger LOG = LoggerFactory.getLogger(Broadcast.class);

    private final Sources sources;
    private final LiveState state;
    private final ChannelGroup viewers = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final BlockingQueue<Channel> newcomers = new ArrayBlockingQueue<>(VIEWERS_LIMIT);
    private final Thread thread = new Thread(this::run, "backstay-page");

    Broadcast(Sources sources) {
        this.sources = sources;
        this.state = new LiveState(
                sources.engine(),
                sources.numbers(),
                sources.listens(),
                sources.clock().millis());
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Keeps it up to date from now on.
     *
     * @return whether there is room
     */
    boolean view(Channel viewer) {
        return viewers.size() < VIEWERS_LIMIT && newcomers.offer(viewer);
    }

    private void run() {
        long next = sources.ticker().nanos();
        while (true) {
            try {
                Channel newcomer = newcomers.poll(next - sources.ticker().nanos(), TimeUnit.NANOSECONDS);
                if (newcomer == null) {
                    next += TICK_NANOS;
                    tick();
                } else {
                    viewers.add(newcomer);
                    send(newcomer, event());
                }
            } catch (InterruptedException stop) {
                return;
            } catch (RuntimeException | LinkageError unexpected) {
                LOG.warn("the page cannot be kept up to date", unexpected);
            }
        }
    }

    private void tick() {
        state.tick(sources.ticker().nanos());
        if (!viewers.isEmpty()) {
            String event = event();
            viewers.forEach(each -> send(each, event));
        }
    }

    private String event() {
        LiveState.Around around = new LiveState.Around(
                sources.draining().getAsBoolean(),
                sources.callers().getAsInt(),
                sources.keeping().get());
        return "data: " + state.json(around, sources.ticker().nanos()) + "\n\n";
    }

    /** Who has not taken what there is gets a later one: a state replaces the one before. */
    private static void send(Channel viewer, String event) {
        if (viewer.isWritable()) {
            viewer.writeAndFlush(new DefaultHttpContent(Unpooled.copiedBuffer(event, StandardCharsets.UTF_8)));
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
