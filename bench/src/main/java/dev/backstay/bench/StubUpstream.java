package dev.backstay.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An API that costs as little as can be, so that what is measured is what is in front of it: the same answer of about 1 KB to
 * everybody, or a stream of paced events, each with its number and the moment it was sent.
 *
 * <p>A stream is asked for with {@code "stream":true}; how many events and how far apart is said in {@code "user":"EVENTS MILLIS"}.
 * It reads requests by their framing only and understands no chunked requests.
 */
final class StubUpstream {

    private static final byte[] HEAD_END = {'\r', '\n', '\r', '\n'};
    private static final ByteBuf LENGTH = ascii("content-length:");
    private static final ByteBuf STREAM = ascii("\"stream\":true");
    private static final ByteBuf USER = ascii("\"user\":\"");
    private static final int MICROS = 1_000;

    private static final String ANSWER =
            "{\"id\":\"stub\",\"object\":\"chat.completion\",\"created\":1760000000,\"model\":\"m\","
                    + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
                    + "A backstay holds the mast up from behind. ".repeat(18)
                    + "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":200,\"completion_tokens\":190,\"total_tokens\":390}}";

    private static final ByteBuf WHOLE = ascii("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
            + ANSWER.length() + "\r\nx-request-id: stub\r\n\r\n" + ANSWER);
    private static final ByteBuf STREAM_HEAD = ascii(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nx-request-id: stub\r\n\r\n");

    private StubUpstream() {}

    /** Listens on a free port of the loopback interface. */
    static Channel start(EventLoopGroup loop, Class<? extends ServerChannel> type) {
        return new ServerBootstrap()
                .group(loop)
                .channel(type)
                .option(ChannelOption.SO_BACKLOG, 16_384)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new Connection());
                    }
                })
                .bind("127.0.0.1", 0)
                .syncUninterruptibly()
                .channel();
    }

    private static final class Connection extends ChannelInboundHandlerAdapter {

        private @Nullable ByteBuf pending;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf all = (ByteBuf) message;
            if (pending != null) {
                pending.writeBytes(all);
                all.release();
                all = pending;
                pending = null;
            }
            while (all.isReadable()) {
                int length = requestLength(all);
                if (length < 0 || all.readableBytes() < length) {
                    pending = context.alloc().buffer(all.readableBytes() + 1024).writeBytes(all);
                    break;
                }
                answer(context, all.readSlice(length));
            }
            all.release();
        }

        /** The length of the request at the front, or -1 while its head is not whole. */
        private static int requestLength(ByteBuf all) {
            int end = ByteBufUtil.indexOf(Unpooled.wrappedBuffer(HEAD_END), all);
            if (end < 0) {
                return -1;
            }
            int head = end - all.readerIndex() + HEAD_END.length;
            return head + contentLength(all, end);
        }

        private static int contentLength(ByteBuf all, int end) {
            for (int at = all.readerIndex(); at < end; at++) {
                if (all.getByte(at) == '\n' && isLength(all, at + 1, end)) {
                    return number(all, at + 1 + LENGTH.readableBytes());
                }
            }
            return 0;
        }

        private static boolean isLength(ByteBuf all, int at, int end) {
            if (at + LENGTH.readableBytes() > end) {
                return false;
            }
            for (int i = 0; i < LENGTH.readableBytes(); i++) {
                int c = all.getByte(at + i);
                if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != LENGTH.getByte(i)) {
                    return false;
                }
            }
            return true;
        }

        private void answer(ChannelHandlerContext context, ByteBuf request) {
            if (ByteBufUtil.indexOf(STREAM, request) < 0) {
                context.write(WHOLE.duplicate().retain(), context.voidPromise());
                return;
            }
            int user = ByteBufUtil.indexOf(USER, request) + USER.readableBytes();
            int events = number(request, user);
            int gap = request.indexOf(user, request.writerIndex(), (byte) ' ');
            new Stream(context, events, number(request, gap + 1)).begin();
        }

        private static int number(ByteBuf text, int from) {
            int at = from;
            while (text.getByte(at) == ' ') {
                at++;
            }
            int value = 0;
            while (text.getByte(at) >= '0' && text.getByte(at) <= '9') {
                value = value * 10 + text.getByte(at) - '0';
                at++;
            }
            return value;
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (pending != null) {
                pending.release();
                pending = null;
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    /** One stream: an event now, and one each so many milliseconds. */
    private static final class Stream implements Runnable {

        private final ChannelHandlerContext context;
        private final int events;
        private final long gapNanos;
        private long nextNanos;
        private int sent;

        Stream(ChannelHandlerContext context, int events, int gapMillis) {
            this.context = context;
            this.events = events;
            this.gapNanos = TimeUnit.MILLISECONDS.toNanos(gapMillis);
        }

        void begin() {
            context.write(STREAM_HEAD.duplicate().retain(), context.voidPromise());
            nextNanos = System.nanoTime();
            run();
        }

        @Override
        public void run() {
            if (!context.channel().isActive()) {
                return;
            }
            boolean last = sent == events;
            String data = last
                    ? "{\"id\":\"stub\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"m\",\"choices\":[{\"index\":0,"
                            + "\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":200,\"completion_tokens\":"
                            + events
                            + ",\"total_tokens\":" + (200 + events) + "}}\n\ndata: [DONE]"
                    : "{\"id\":\"stub\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"m\",\"choices\":[{\"index\":0,"
                            + "\"delta\":{\"content\":\"" + sent + " " + System.nanoTime() / MICROS
                            + "\"},\"finish_reason\":null}],\"usage\":null}";
            String event = "data: " + data + "\n\n";
            ByteBuf chunk = context.alloc().buffer(event.length() + 16);
            chunk.writeCharSequence(
                    Integer.toHexString(event.length()) + "\r\n" + event + "\r\n", StandardCharsets.US_ASCII);
            if (last) {
                chunk.writeCharSequence("0\r\n\r\n", StandardCharsets.US_ASCII);
            }
            context.writeAndFlush(chunk, context.voidPromise());
            sent++;
            if (!last) {
                nextNanos += gapNanos;
                context.channel().eventLoop().schedule(this, nextNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
        }
    }

    private static ByteBuf ascii(String text) {
        return Unpooled.unreleasableBuffer(
                Unpooled.directBuffer(text.length()).writeBytes(text.getBytes(StandardCharsets.US_ASCII)));
    }
}
