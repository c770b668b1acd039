package dev.backstay.gateway;

import dev.backstay.client.Problem;
import dev.backstay.wire.Answer;
import dev.backstay.wire.Endpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Writes one answer to a caller. Belongs to the loop's thread of the caller's connection. */
final class CallerWriter {

    private static final String BUFFERING = "x-accel-buffering";

    /** The answer's length is not known: it goes out in chunks. */
    static final long UNKNOWN_LENGTH = -1;

    /** What was validated when it came in need not be again. */
    private static final HttpHeadersFactory CHECKED =
            DefaultHttpHeadersFactory.headersFactory().withValidation(false);

    /** A piece up to this size is cheaper copied than written in parts. */
    private static final int COPIED_LIMIT = 16 * 1024;

    private static final int FRAME = 12;
    private static final int CR_LF = '\r' << 8 | '\n';
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    /** When to come back, if nothing says more. */
    private static final Duration SOON = Duration.ofSeconds(1);

    /** How long the last words of a broken answer may take. */
    private static final long BREAK_OFF_SECONDS = 5;

    private final ChannelHandlerContext caller;
    private final String callId;
    private final String workload;
    private final HttpVersion version;
    private final ChannelHandlerContext codec;
    private boolean keepAlive;
    private boolean lingers;
    private boolean chunked;
    private long length = UNKNOWN_LENGTH;
    private @Nullable HttpResponse pending;
    private @Nullable FullHttpResponse whole;
    private @Nullable ChannelFuture lastWrite;
    private int status;
    private long bytes;
    private @Nullable Share share;
    private boolean detached;

    private Endpoint.Dialect dialect = Endpoint.Dialect.CHAT;
    private String warning = "";

    CallerWriter(ChannelHandlerContext caller, String callId, String workload, HttpVersion version, boolean keepAlive) {
        this.caller = caller;
        this.codec = caller.pipeline().context(HttpServerCodec.class);
        this.callId = callId;
        this.workload = workload;
        this.version = version;
        this.keepAlive = keepAlive;
    }

    String callId() {
        return callId;
    }

    /** The caller reads errors like those of this path. */
    CallerWriter to(String path) {
        dialect = Endpoint.of(path).map(Endpoint::dialect).orElse(Endpoint.Dialect.CHAT);
        return this;
    }

    /** Something is wrong with the answer that is handed on all the same. */
    void warn(String what) {
        warning = what;
    }

    /** Whatever is written is written for others, too. */
    void copyTo(Share others) {
        share = others;
    }

    /** The caller left; the others still want it. */
    void detach() {
        detached = true;
    }

    /** Nothing will be written. */
    void giveUp(Problem problem) {
        if (share != null) {
            share.failed(problem);
        }
    }

    /** Says that this is the last answer, but leaves the closing to whoever still reads. */
    void lastButLinger() {
        lingers = true;
    }

    /** The head of a good answer. */
    void begin(HttpResponse upstream, long bodyLength, int attempts) {
        length = bodyLength;
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, upstream.status(), CHECKED);
        PassedHeaders.toCaller(upstream.headers(), head.headers());
        if (length != UNKNOWN_LENGTH) {
            head.headers().set(HttpHeaderNames.CONTENT_LENGTH, length);
        } else {
            unknownLength(head);
        }
        begin(head, attempts);
    }

    /** The head of a stream that nothing is known about yet. */
    void beginEvents(int attempts) {
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, CHECKED);
        head.headers().set(HttpHeaderNames.CONTENT_TYPE, Answer.EVENTS);
        head.headers().set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_CACHE);
        unknownLength(head);
        begin(head, attempts);
    }

    private void unknownLength(HttpResponse head) {
        if (version.isKeepAliveDefault()) {
            chunked = true;
            HttpUtil.setTransferEncodingChunked(head, true);
        } else {
            keepAlive = false; // HTTP/1.0 knows no chunks: the end of the connection is the end of the answer
        }
    }

    /** The status that the caller got, or 0 if none. */
    int status() {
        return status;
    }

    /** Bytes of the body that the caller got. */
    long bytes() {
        return bytes;
    }

    private void begin(HttpResponse head, int attempts) {
        status = head.status().code();
        if (Answer.EVENTS.contentEquals(String.valueOf(head.headers().get(HttpHeaderNames.CONTENT_TYPE)))
                && !head.headers().contains(BUFFERING)) {
            head.headers().set(BUFFERING, "no"); // a proxy between would hold events back
        }
        ours(head.headers(), attempts);
        connection(head.headers());
        pending = head;
        if (share != null) {
            share.head(status, head.headers());
        }
    }

    private void writeHead() {
        HttpResponse head = pending;
        if (head != null && !detached) {
            pending = null;
            caller.write(head, caller.voidPromise());
        }
    }

    /** Part of the body; takes over the bytes. */
    void piece(ByteBuf more) {
        bytes += more.readableBytes();
        if (share != null) {
            share.piece(more);
        }
        if (detached) {
            more.release();
            return;
        }
        HttpResponse head = pending;
        if (head != null && more.readableBytes() == length) {
            pending = null;
            whole = new DefaultFullHttpResponse(
                    head.protocolVersion(), head.status(), more, head.headers(), EmptyHttpHeaders.INSTANCE);
            return;
        }
        writeHead();
        if (chunked && more.readableBytes() <= COPIED_LIMIT) {
            codec.write(asChunk(more), codec.voidPromise());
        } else {
            caller.write(new DefaultHttpContent(more), caller.voidPromise());
        }
    }

    /** The chunk as it goes out, in one buffer: the encoder would write three. It stays in the state that the head has put it in. */
    private ByteBuf asChunk(ByteBuf more) {
        int size = more.readableBytes();
        ByteBuf chunk = caller.alloc().buffer(size + FRAME);
        for (int shift = 28 - Integer.numberOfLeadingZeros(size) / 4 * 4; shift >= 0; shift -= 4) {
            chunk.writeByte(HEX[size >> shift & 0xf]);
        }
        chunk.writeShort(CR_LF).writeBytes(more).writeShort(CR_LF);
        more.release();
        return chunk;
    }

    /** Whether the caller takes more bytes now. */
    boolean isWritable() {
        return detached || caller.channel().isWritable();
    }

    void flush() {
        writeHead();
        caller.flush();
    }

    /** The answer is complete. */
    void end() {
        writeHead();
        if (share != null) {
            share.whole();
        }
        last(whole != null ? whole : LastHttpContent.EMPTY_LAST_CONTENT);
        whole = null;
    }

    /** The answer broke after part of it went out: said in the stream, and the transfer is never ended cleanly. */
    void breakOff(Problem problem, Endpoint.Dialect dialect, boolean streamed) {
        keepAlive = false;
        giveUp(problem);
        writeHead();
        ByteBuf event = streamed ? Unpooled.wrappedBuffer(problem.event(dialect)) : Unpooled.EMPTY_BUFFER;
        Channel channel = caller.channel();
        ChannelFuture said = caller.writeAndFlush(new DefaultHttpContent(event));
        lastWrite = said;
        said.addListener(written -> {
            if (!chunked) {
                channel.config().setOption(ChannelOption.SO_LINGER, 0); // without chunks only a reset shows the break
            }
            channel.close();
        });
        // A caller who does not read must not keep the connection for ever.
        channel.eventLoop().schedule(() -> channel.close(), BREAK_OFF_SECONDS, TimeUnit.SECONDS);
    }

    /** The provider's own refusal, byte for byte. */
    void forwardRefusal(HttpResponse upstream, ByteBuf body, int attempts) {
        FullHttpResponse answer = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, upstream.status(), body);
        PassedHeaders.toCaller(upstream.headers(), answer.headers());
        ours(answer.headers(), attempts);
        answer.headers().set("x-should-retry", "false");
        write(answer);
    }

    /** The answer of another call, for the same request. */
    void shared(Share.Ending ending) {
        FullHttpResponse answer = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(ending.status()),
                Unpooled.wrappedBuffer(ending.body()),
                CHECKED,
                CHECKED);
        if (ending.headers() != null) {
            answer.headers().set(ending.headers());
        }
        answer.headers().remove(HttpHeaderNames.TRANSFER_ENCODING).remove(HttpHeaderNames.CONNECTION);
        answer.headers().set("Backstay-Shared", "true");
        write(answer);
    }

    /** An error of our own. It tells SDKs not to try again: that has been done. */
    void problem(Problem problem, Optional<Duration> retryAfter) {
        problem(problem, retryAfter, EmptyHttpHeaders.INSTANCE);
    }

    /**
     * The same after an answer of the API.
     *
     * @param last its headers, of which the caller gets those that name it and its limits
     */
    void problem(Problem problem, Optional<Duration> retryAfter, HttpHeaders last) {
        byte[] json = problem.json(dialect);
        FullHttpResponse answer = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(problem.status()), Unpooled.wrappedBuffer(json));
        answer.headers().set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON);
        PassedHeaders.namesToCaller(last, answer.headers());
        ours(answer.headers(), problem.attempts());
        answer.headers().set("x-should-retry", "false");
        boolean later = problem.status() == 429 || problem.status() == 503;
        if (retryAfter.isPresent() || later) {
            answer.headers().set(HttpHeaderNames.RETRY_AFTER, seconds(retryAfter.orElse(SOON)));
        }
        answer.headers().set("Backstay-Error", problem.code());
        write(answer);
    }

    /** At least a second: 0 would say at once. */
    private static long seconds(Duration hint) {
        return Math.max(1, hint.plusNanos(999_999_999).toSeconds());
    }

    private void write(FullHttpResponse answer) {
        status = answer.status().code();
        bytes = answer.content().readableBytes();
        answer.headers().set(HttpHeaderNames.CONTENT_LENGTH, answer.content().readableBytes());
        connection(answer.headers());
        if (share != null) {
            share.head(status, answer.headers());
            share.piece(answer.content());
            share.whole();
        }
        last(answer);
    }

    private void last(HttpObject message) {
        if (detached) {
            ReferenceCountUtil.release(message);
            return;
        }
        ChannelFuture written = caller.writeAndFlush(message);
        lastWrite = written;
        if (!keepAlive) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    /** Runs this when the last byte of the answer has left, or never will. */
    void whenLeft(Runnable what) {
        ChannelFuture last = lastWrite;
        if (last == null || last.isDone()) {
            what.run();
        } else {
            last.addListener(written -> what.run());
        }
    }

    private void ours(HttpHeaders headers, int attempts) {
        if (!warning.isEmpty()) {
            headers.set("Backstay-Warning", warning);
        }
        headers.set("Backstay-Call-Id", callId);
        headers.set("Backstay-Attempts", attempts);
        if (!workload.isEmpty()) {
            headers.set("Backstay-Workload", workload);
        }
    }

    private void connection(HttpHeaders headers) {
        if (!keepAlive || lingers) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (!version.isKeepAliveDefault()) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
    }
}
