package dev.backstay.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Callers that cost as little as can be, on one event loop. They read answers by their framing: a length, or an end that they
 * know.
 *
 * <p>At a fixed rate, each latency counts from the moment at which the request was due, so that a gateway that falls behind is
 * not flattered by callers that wait for it.
 */
final class LoadGenerator implements AutoCloseable {

    /** What came of a run: how many were answered, how many were not, and how long they took, in microseconds. */
    record Result(long answered, long failed, Histogram micros) {}

    private static final byte[] HEAD_END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CHUNKS_END = {'\r', '\n', '0', '\r', '\n', '\r', '\n'};
    private static final byte[] LENGTH = "ontent-length: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LENGTH_CAPITAL = "ontent-Length: ".getBytes(StandardCharsets.US_ASCII);
    private static final long HIGHEST_MICROS = TimeUnit.MINUTES.toMicros(2);
    private static final long GRACE_SECONDS = 5;
    private static final int MICROS = 1_000;

    private final EventLoopGroup loop;
    private final Class<? extends SocketChannel> type;
    private final int port;
    private final ByteBuf request;
    private final List<Caller> callers = new ArrayList<>();
    private final Deque<Caller> idle = new ArrayDeque<>();
    private final Deque<Long> due = new ArrayDeque<>();
    private Histogram micros = new Histogram(HIGHEST_MICROS, 3);
    private boolean closedLoop;
    private boolean stopped;
    private long answered;
    private long failed;

    LoadGenerator(EventLoopGroup loop, Class<? extends SocketChannel> type, int port, String headers, String body) {
        this.loop = loop;
        this.type = type;
        this.port = port;
        this.request = request(port, headers, body);
    }

    /** A request as it goes out. */
    static ByteBuf request(int port, String headers, String body) {
        String text = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:" + port
                + "\r\nContent-Type: application/json\r\n" + headers + "Content-Length: "
                + body.length() + "\r\n\r\n" + body;
        return Unpooled.unreleasableBuffer(
                Unpooled.directBuffer(text.length()).writeBytes(text.getBytes(StandardCharsets.US_ASCII)));
    }

    /** Opens so many connections. */
    void connect(int connections) {
        for (int i = 0; i < connections; i++) {
            Caller caller = new Caller();
            new Bootstrap()
                    .group(loop)
                    .channel(type)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .handler(new ChannelInitializer<SocketChannel>() {
                        @Override
                        protected void initChannel(SocketChannel channel) {
                            channel.pipeline().addLast(caller);
                        }
                    })
                    .connect("127.0.0.1", port)
                    .syncUninterruptibly();
            callers.add(caller);
        }
    }

    /** Each connection asks as soon as it has been answered. */
    Result saturate(long millis) throws Exception {
        loop.submit(() -> {
                    begin(true);
                    List.copyOf(callers).forEach(caller -> caller.ask(System.nanoTime()));
                })
                .sync();
        TimeUnit.MILLISECONDS.sleep(millis);
        return finish();
    }

    /** So many requests are due each second, whether or not others have been answered. */
    Result atRate(int perSecond, long millis) throws Exception {
        loop.submit(() -> {
                    begin(false);
                    idle.addAll(callers);
                })
                .sync();
        long gapNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        long startNanos = System.nanoTime();
        loop.execute(() -> tick(startNanos, gapNanos, startNanos + TimeUnit.MILLISECONDS.toNanos(millis)));
        TimeUnit.MILLISECONDS.sleep(millis);
        return finish();
    }

    private void tick(long dueNanos, long gapNanos, long endNanos) {
        long next = dueNanos;
        while (System.nanoTime() - next >= 0) {
            due.add(next);
            next += gapNanos;
        }
        sendDue();
        if (next - endNanos < 0) {
            long later = next;
            loop.schedule(() -> tick(later, gapNanos, endNanos), later - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
    }

    private void sendDue() {
        while (!due.isEmpty() && !idle.isEmpty()) {
            idle.remove().ask(due.remove());
        }
    }

    private void begin(boolean asSoonAsAnswered) {
        closedLoop = asSoonAsAnswered;
        stopped = false;
        answered = 0;
        failed = 0;
        idle.clear();
        due.clear();
        micros = new Histogram(HIGHEST_MICROS, 3);
    }

    private Result finish() throws Exception {
        loop.submit(() -> stopped = true).sync();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(GRACE_SECONDS);
        while (loop.submit(() -> callers.stream().anyMatch(caller -> caller.waiting))
                        .get()
                && until - System.nanoTime() > 0) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        return loop.submit(() -> new Result(
                        answered,
                        failed
                                + callers.stream()
                                        .filter(caller -> caller.waiting)
                                        .count()
                                + due.size(),
                        micros))
                .get();
    }

    @Override
    public void close() {
        callers.forEach(Caller::leave);
    }

    /** One connection. */
    private final class Caller extends ChannelInboundHandlerAdapter {

        private @Nullable ChannelHandlerContext context;
        private ByteBuf pending = Unpooled.EMPTY_BUFFER;
        private boolean waiting;
        private long dueNanos;

        private ChannelHandlerContext context() {
            return Objects.requireNonNull(context, "not connected");
        }

        @Override
        public void handlerAdded(ChannelHandlerContext added) {
            context = added;
        }

        void ask(long dueAt) {
            dueNanos = dueAt;
            waiting = true;
            context().writeAndFlush(request.duplicate(), context().voidPromise());
        }

        void leave() {
            Channel channel = context().channel();
            channel.close();
        }

        @Override
        public void channelRead(ChannelHandlerContext at, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            ByteBuf all = pending.isReadable() ? Unpooled.wrappedBuffer(pending, bytes) : bytes;
            int length = answerLength(all);
            if (length < 0 || all.readableBytes() < length) {
                pending = all.copy();
                all.release();
                return;
            }
            boolean good = all.getByte(all.readerIndex() + 9) == '2';
            pending = Unpooled.EMPTY_BUFFER;
            all.release();
            answered(good);
        }

        private void answered(boolean good) {
            waiting = false;
            long now = System.nanoTime();
            if (good) {
                answered++;
                micros.recordValue(Math.min(HIGHEST_MICROS, (now - dueNanos) / MICROS));
            } else {
                failed++;
            }
            if (stopped) {
                return;
            }
            if (closedLoop) {
                ask(now);
            } else {
                idle.add(this);
                sendDue();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext at) {
            if (waiting) {
                failed++;
                waiting = false;
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext at, Throwable cause) {
            at.close();
        }
    }

    /** The length of the answer at the front, or -1 while that cannot be told. One without a length must be chunked. */
    private static int answerLength(ByteBuf all) {
        int end = ByteBufUtil.indexOf(Unpooled.wrappedBuffer(HEAD_END), all);
        if (end < 0) {
            return -1;
        }
        ByteBuf head = all.slice(all.readerIndex(), end - all.readerIndex());
        int at = Math.max(
                ByteBufUtil.indexOf(Unpooled.wrappedBuffer(LENGTH), head),
                ByteBufUtil.indexOf(Unpooled.wrappedBuffer(LENGTH_CAPITAL), head));
        if (at < 0) {
            int last = ByteBufUtil.indexOf(Unpooled.wrappedBuffer(CHUNKS_END), all);
            return last < 0 ? -1 : last - all.readerIndex() + CHUNKS_END.length;
        }
        int length = 0;
        for (int i = at + LENGTH.length; i < head.writerIndex() && head.getByte(i) >= '0'; i++) {
            length = length * 10 + head.getByte(i) - '0';
        }
        return end - all.readerIndex() + HEAD_END.length + length;
    }
}
