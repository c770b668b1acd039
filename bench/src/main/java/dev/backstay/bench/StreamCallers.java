package dev.backstay.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Callers of paced streams, on one event loop. Each event carries its number and the moment it was sent, so that what is lost and
 * what is late is seen.
 */
final class StreamCallers implements AutoCloseable {

    /** What came of it: streams that ended well, events, events that are missing, and how late they came, in microseconds. */
    record Result(int ended, long events, long lost, Histogram lateMicros) {}

    private static final byte[] CONTENT = {'c', 'o', 'n', 't', 'e', 'n', 't', '"', ':', '"'};
    private static final byte[] DONE = {'[', 'D', 'O', 'N', 'E', ']'};
    private static final long HIGHEST_MICROS = TimeUnit.MINUTES.toMicros(2);
    private static final int MICROS = 1_000;
    private static final int AT_ONCE = 50;

    private final EventLoopGroup loop;
    private final Class<? extends SocketChannel> type;
    private final int port;
    private final List<Caller> callers = new ArrayList<>();
    private final Histogram late = new Histogram(HIGHEST_MICROS, 3);
    private long events;

    StreamCallers(EventLoopGroup loop, Class<? extends SocketChannel> type, int port) {
        this.loop = loop;
        this.type = type;
        this.port = port;
    }

    /** Opens so many streams, spread over this time, from a few addresses so that ports do not run out. */
    void open(int streams, ByteBuf request, long spreadMillis) throws InterruptedException {
        long startNanos = System.nanoTime();
        for (int i = 0; i < streams; i++) {
            Caller caller = new Caller(request);
            callers.add(caller);
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
                    .connect("127.0.0.1", port);
            if (i % AT_ONCE == 0) {
                long dueNanos = startNanos + TimeUnit.MILLISECONDS.toNanos(spreadMillis) * i / streams;
                TimeUnit.NANOSECONDS.sleep(Math.max(0, dueNanos - System.nanoTime()));
            }
        }
    }

    /** From now on it is counted how late events are: what came while streams were being opened is forgotten. */
    void forgetLateness() throws InterruptedException {
        loop.submit(() -> {
                    late.reset();
                    events = 0;
                })
                .sync();
    }

    /** How many events came since then. */
    long events() throws Exception {
        return loop.submit(() -> events).get();
    }

    /** Waits until all streams have ended, or this long. */
    Result await(long millis) throws Exception {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (loop.submit(() -> callers.stream().anyMatch(caller -> !caller.over))
                        .get()
                && until - System.nanoTime() > 0) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        return loop.submit(() -> new Result(
                        (int) callers.stream().filter(caller -> caller.done).count(),
                        events,
                        callers.stream().mapToLong(caller -> caller.lost).sum(),
                        late))
                .get();
    }

    @Override
    public void close() {
        callers.forEach(Caller::leave);
    }

    /** One stream. Looks for contents and for the end, wherever the bytes are cut. */
    private final class Caller extends ChannelInboundHandlerAdapter {

        private final ByteBuf request;
        private @Nullable ChannelHandlerContext context;
        private int contentMatched;
        private int doneMatched;
        private boolean inContent;
        private boolean inTime;
        private long number;
        private long micros;
        private long next;
        private long lost;
        private boolean done;
        private boolean over;

        Caller(ByteBuf request) {
            this.request = request;
        }

        private ChannelHandlerContext context() {
            return Objects.requireNonNull(context, "not connected");
        }

        @Override
        public void handlerAdded(ChannelHandlerContext added) {
            context = added;
        }

        @Override
        public void channelActive(ChannelHandlerContext active) {
            active.writeAndFlush(request.duplicate(), active.voidPromise());
        }

        @Override
        public void channelRead(ChannelHandlerContext at, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            for (int i = bytes.readerIndex(); i < bytes.writerIndex(); i++) {
                look(bytes.getByte(i));
            }
            bytes.release();
            if (done) {
                over = true;
            }
        }

        private void look(byte b) {
            if (inContent) {
                inContent(b);
                return;
            }
            contentMatched = b == CONTENT[contentMatched] ? contentMatched + 1 : b == CONTENT[0] ? 1 : 0;
            if (contentMatched == CONTENT.length) {
                contentMatched = 0;
                inContent = true;
                inTime = false;
                number = 0;
                micros = 0;
            }
            doneMatched = b == DONE[doneMatched] ? doneMatched + 1 : b == DONE[0] ? 1 : 0;
            if (doneMatched == DONE.length) {
                doneMatched = 0;
                done = true;
            }
        }

        private void inContent(byte b) {
            if (b == '"') {
                inContent = false;
                events++;
                lost += number - next;
                next = number + 1;
                late.recordValue(Math.max(0, Math.min(HIGHEST_MICROS, System.nanoTime() / MICROS - micros)));
            } else if (b == ' ') {
                inTime = true;
            } else if (inTime) {
                micros = micros * 10 + b - '0';
            } else {
                number = number * 10 + b - '0';
            }
        }

        void leave() {
            context().channel().close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext at) {
            over = true;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext at, Throwable cause) {
            at.close();
        }
    }
}
