package dev.backstay.gateway;

import dev.backstay.core.Ticker;
import dev.backstay.gateway.config.FrontLimits;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long a caller may take to send a request. It stands before the parser, because who drips bytes that never make a request is
 * not seen behind it.
 *
 * <pre>
 *   nothing sent yet            {@value #IDLE_SECONDS} s
 *   first byte to end of head   limits.head-time
 *   each 16 KiB of the body     limits.body-time
 *   while a call runs           as long as that takes
 * </pre>
 *
 * <p>A request that comes in one piece sets no timer. Belongs to its connection's loop.
 */
final class Patience extends ChannelInboundHandlerAdapter {

    /** How long a connection may be idle while nothing runs for it. */
    static final long IDLE_SECONDS = 120;

    private static final int STRETCH = 16 * 1024;

    private enum Stage {
        IDLE,
        HEAD,
        BODY,
        RUNNING
    }

    private final FrontLimits limits;
    private final Ticker ticker;
    private Runnable tooSlow = () -> {};
    private Stage stage = Stage.IDLE;
    private long sinceNanos;
    private int bodySeen;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Future<?> timer;
    private long timerNanos;

    Patience(FrontLimits limits, Ticker ticker) {
        this.limits = limits;
        this.ticker = ticker;
    }

    /** What to do when the time is up. */
    void whenTooSlow(Runnable what) {
        tooSlow = what;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        enter(Stage.IDLE);
        arm();
    }

    @Override
    public void channelRead(ChannelHandlerContext reading, Object bytes) {
        if (stage == Stage.IDLE) {
            enter(Stage.HEAD);
        }
        reading.fireChannelRead(bytes);
    }

    void headIsHere() {
        bodySeen = 0;
        enter(Stage.BODY);
    }

    void bodyGrew(int bytes) {
        if (bytes - bodySeen >= STRETCH) {
            bodySeen = bytes;
            sinceNanos = ticker.nanos();
        }
    }

    void requestIsWhole() {
        enter(Stage.RUNNING);
    }

    void callIsOver() {
        enter(Stage.IDLE);
    }

    /** All that was there is read: whoever waits for more from now on is given so long. */
    void readComplete(boolean running) {
        if (stage == Stage.RUNNING && !running) {
            enter(Stage.IDLE); // it was answered at once
        }
        if (stage == Stage.HEAD || stage == Stage.BODY) {
            arm();
        }
    }

    private void enter(Stage next) {
        stage = next;
        sinceNanos = ticker.nanos();
    }

    private long deadlineNanos() {
        return sinceNanos
                + switch (stage) {
                    case IDLE, RUNNING -> TimeUnit.SECONDS.toNanos(IDLE_SECONDS);
                    case HEAD -> limits.headTime().toNanos();
                    case BODY -> limits.bodyTime().toNanos();
                };
    }

    private void arm() {
        ChannelHandlerContext here = context;
        long deadline = deadlineNanos();
        if (here == null || timer != null && timerNanos - deadline <= 0) {
            return; // it fires early, and looks again
        }
        stop();
        timerNanos = deadline;
        timer = here.executor().schedule(this::look, Math.max(0, deadline - ticker.nanos()), TimeUnit.NANOSECONDS);
    }

    private void look() {
        timer = null;
        ChannelHandlerContext here = context;
        if (here == null) {
            return;
        }
        if (stage == Stage.RUNNING) {
            sinceNanos = ticker.nanos();
        }
        if (deadlineNanos() - ticker.nanos() > 0) {
            arm();
        } else {
            tooSlow.run();
            enter(Stage.IDLE);
            arm();
        }
    }

    private void stop() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext closing) {
        stop();
        context = null;
        closing.fireChannelInactive();
    }
}
