package dev.backstay.gateway;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection to the API: tells the attempt that uses it what comes, and goes back to the pool when the answer has been
 * read to its end. Belongs to its loop's thread.
 */
final class UpstreamConnection extends ChannelInboundHandlerAdapter {

    /** After a complete answer, how long the rest of its framing may take before the connection is given up. */
    private static final long TAIL_MILLIS = 1_000;

    private final UpstreamPool pool;
    private final Channel channel;
    private @Nullable UpstreamAttempt attempt;
    private boolean keepAlive;
    private boolean inUse;
    private boolean inAnswer;
    private boolean requestSent;
    private @Nullable Future<?> tail;
    private final long bornNanos;
    private long idleSinceNanos;

    UpstreamConnection(UpstreamPool pool, Channel channel) {
        this.pool = pool;
        this.channel = channel;
        this.bornNanos = pool.loop().ticker().nanoTime();
    }

    Channel channel() {
        return channel;
    }

    /** When it was opened, on its loop's clock. */
    long bornNanos() {
        return bornNanos;
    }

    /** Since when nobody uses it, on its loop's clock. */
    long idleSince() {
        return idleSinceNanos;
    }

    void idleSince(long nanos) {
        idleSinceNanos = nanos;
    }

    void use(UpstreamAttempt by) {
        attempt = by;
        inUse = true;
        pool.upstream().inUse().incrementAndGet();
        inAnswer = true;
        requestSent = false;
        channel.config().setAutoRead(true);
    }

    /** The request has this method, which tells how its answer is framed. */
    void asks(HttpMethod method) {
        if (method.equals(HttpMethod.HEAD)) {
            channel.pipeline().get(AnswerDecoder.class).answersHead();
        }
    }

    /** The last byte of the request has left; an answer may come before that, but then nothing may follow on this one. */
    void requestSent() {
        requestSent = true;
    }

    /** The attempt needs no more of this answer. Whole: the connection may serve again; else it is closed. */
    void leave(boolean answerWhole) {
        attempt = null;
        if (!inAnswer) {
            backToPool();
        } else if (answerWhole && channel.isActive()) {
            channel.config().setAutoRead(true);
            tail = channel.eventLoop().schedule(() -> channel.close(), TAIL_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            channel.close();
        }
    }

    private void noLongerInUse() {
        if (tail != null) {
            tail.cancel(false);
            tail = null;
        }
        if (inUse) {
            inUse = false;
            pool.upstream().inUse().decrementAndGet();
        }
    }

    private void backToPool() {
        noLongerInUse();
        if (keepAlive && requestSent) {
            channel.config().setAutoRead(true); // so that its closing is noticed while it is idle
            pool.give(this);
        } else {
            channel.close();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try {
            read((HttpObject) message);
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void read(HttpObject message) {
        if (message.decoderResult().isFailure()) {
            notHttp(message.decoderResult().cause());
            channel.close();
            return;
        }
        if (!inAnswer) {
            channel.close(); // bytes that nobody asked for
            return;
        }
        if (message instanceof HttpResponse head && head.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
            keepAlive = HttpUtil.isKeepAlive(head);
            if (attempt != null) {
                attempt.head(head);
            }
        }
        if (message instanceof HttpContent content && keepAliveKnown(message)) {
            if (attempt != null && content.content().isReadable()) {
                attempt.content(content.content());
            }
            if (message instanceof LastHttpContent) {
                end();
            }
        }
    }

    /** The empty end of a 100 Continue is not the end of the answer. */
    private boolean keepAliveKnown(HttpObject message) {
        return !(message instanceof LastHttpContent) || attempt == null || attempt.hasHead();
    }

    private void end() {
        inAnswer = false;
        UpstreamAttempt using = attempt;
        if (using != null) {
            using.end();
        } else {
            backToPool();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (attempt != null) {
            attempt.readComplete();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        pool.forget(this);
        noLongerInUse();
        lost("the connection was closed");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Throwable said = cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
        if (said instanceof IllegalArgumentException) {
            notHttp(said);
        } else {
            lost(Dial.reason(said));
        }
        channel.close();
    }

    private void notHttp(Throwable why) {
        UpstreamAttempt using = attempt;
        attempt = null;
        if (using != null) {
            using.notHttp(String.valueOf(why.getMessage()));
        }
    }

    private void lost(String why) {
        UpstreamAttempt using = attempt;
        attempt = null;
        if (using != null) {
            using.lost(why);
        }
    }
}
