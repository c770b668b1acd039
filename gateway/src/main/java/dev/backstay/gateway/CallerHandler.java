package dev.backstay.gateway;

import dev.backstay.gateway.keys.Allowance;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One caller's connection: collects a request, starts an {@link Exchange} for it, and takes the next one when that is over.
 * A request that cannot be served is answered at once and in OpenAI's shape.
 */
final class CallerHandler extends ChannelInboundHandlerAdapter {

    /** How long a refused upload is read and thrown away, so that the caller sees the answer and not a reset. */
    private static final long SWALLOW_SECONDS = 10;

    /** A refused request up to this size is read to its end, so that the connection can serve another. */
    private static final long SKIPPED_LIMIT = 64 * 1024;

    private static final Duration DRAINED = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(CallerHandler.class);

    private final Gateway gateway;
    private final Patience patience;
    private final Deque<HttpObject> pipelined = new ArrayDeque<>();
    private @Nullable HttpRequest head;
    private Intake.@Nullable Door door;
    private @Nullable ByteBuf body;
    private @Nullable Exchange exchange;
    private @Nullable Share share;
    private @Nullable Consumer<Share.Ending> following;
    private @Nullable Refused answerAtTheEnd;
    private boolean swallowing;

    CallerHandler(Gateway gateway, Patience patience) {
        this.gateway = gateway;
        this.patience = patience;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        patience.whenTooSlow(() -> tooSlow(context));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (isBusy() || !pipelined.isEmpty() || !context.channel().isWritable()) {
            pipelined.add((HttpObject) message); // bounded: reading stops with the first
            context.channel().config().setAutoRead(false);
            return;
        }
        try {
            read(context, (HttpObject) message);
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void read(ChannelHandlerContext context, HttpObject message) {
        if (swallowing) {
            if (message instanceof LastHttpContent) {
                context.close();
            }
            return;
        }
        try {
            HeadCheck.decoded(message.decoderResult());
            if (message instanceof HttpRequest request) {
                head(context, request);
            }
            if (message instanceof HttpContent content && head != null) {
                body(context, head, content);
            }
        } catch (Refused refused) {
            refuse(context, refused, message instanceof LastHttpContent);
        }
    }

    private void head(ChannelHandlerContext context, HttpRequest request) throws Refused {
        HeadCheck.check(request);
        Serving serving = gateway.serving();
        if (!gateway.pages().has(request)) {
            try {
                door = door(request, serving);
            } catch (Refused refused) {
                long length = HttpUtil.isTransferEncodingChunked(request)
                        ? Long.MAX_VALUE
                        : HttpUtil.getContentLength(request, 0L);
                if (length > SKIPPED_LIMIT) {
                    throw refused;
                }
                answerAtTheEnd = refused;
            }
        }
        if (HttpUtil.getContentLength(request, 0L) > serving.config().limits().body()) {
            throw tooLarge(serving);
        }
        head = request;
        patience.headIsHere();
        if (HttpUtil.is100ContinueExpected(request)) {
            context.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
        }
    }

    private Intake.Door door(HttpRequest request, Serving serving) throws Refused {
        if (gateway.isDraining()) {
            throw new Refused(
                    503,
                    "draining",
                    "this gateway is shutting down; send the request to another one",
                    Optional.of(DRAINED));
        }
        return Intake.door(request, serving);
    }

    private void body(ChannelHandlerContext context, HttpRequest request, HttpContent content) throws Refused {
        if (content.content().isReadable() && answerAtTheEnd == null) {
            ByteBuf all = body;
            if (all == null) {
                all = context.alloc().buffer(content.content().readableBytes());
                body = all;
            }
            // Copied, so that many small pieces cost their bytes and not their number.
            all.writeBytes(content.content());
            patience.bodyGrew(all.readableBytes());
            Serving serving = door == null ? gateway.serving() : door.serving();
            if (all.readableBytes() > serving.config().limits().body()) {
                throw tooLarge(serving);
            }
        }
        if (content instanceof LastHttpContent) {
            ByteBuf all = body == null ? Unpooled.EMPTY_BUFFER : body;
            body = null;
            head = null;
            patience.requestIsWhole();
            serve(context, request, all);
        }
    }

    private void serve(ChannelHandlerContext context, HttpRequest request, ByteBuf bytes) {
        Intake.Door through = door;
        door = null;
        if (through == null) {
            bytes.release();
            Refused refused = answerAtTheEnd;
            answerAtTheEnd = null;
            if (refused == null) {
                gateway.pages().write(context, request);
            } else {
                answer(context, request, refused);
            }
            return;
        }
        if (gateway.pages().tellsModels(context, request, through)) {
            bytes.release();
            return;
        }
        try {
            call(context, request, through, bytes);
        } catch (Refused refused) {
            bytes.release();
            answer(context, request, refused);
        }
    }

    private void answer(ChannelHandlerContext context, HttpRequest request, Refused refused) {
        gateway.accounts().refused(refused);
        writer(context, request.protocolVersion(), staysOpen(request))
                .to(request.uri())
                .problem(refused.problem(), refused.retryAfter());
    }

    private boolean staysOpen(HttpRequest request) {
        return HttpUtil.isKeepAlive(request) && !gateway.isDraining();
    }

    private void call(ChannelHandlerContext context, HttpRequest request, Intake.Door through, ByteBuf bytes)
            throws Refused {
        Inbound inbound = Intake.inbound(request, through, bytes);
        Optional<Share> shared = gateway.shares().find(inbound);
        if (shared.isPresent() && shared.get().isLed() && follow(context, request, shared.get())) {
            bytes.release();
            return;
        }
        try {
            enter(inbound);
        } catch (Refused refused) {
            shared.ifPresent(Share::endUnled);
            throw refused;
        }
        String shown = inbound.workload().workload().label() + " ("
                + inbound.workload().reason() + ")";
        CallerWriter writer = new CallerWriter(
                        context, gateway.newCallId(), shown, request.protocolVersion(), staysOpen(request))
                .to(request.uri());
        Exchange started = new Exchange(gateway, context, inbound, writer, () -> over(context));
        exchange = started;
        if (shared.isPresent()
                && shared.get().lead(() -> context.channel().eventLoop().execute(this::abandon))) {
            share = shared.get();
            writer.copyTo(share);
        }
        gateway.begun();
        started.start();
    }

    private boolean isBusy() {
        return exchange != null || following != null;
    }

    /** Waits for the answer of a call that runs. */
    private boolean follow(ChannelHandlerContext context, HttpRequest request, Share other) {
        Consumer<Share.Ending> follower =
                ending -> context.channel().eventLoop().execute(() -> answerLike(context, request, ending));
        if (!other.follow(follower)) {
            return false;
        }
        share = other;
        following = follower;
        gateway.begun();
        return true;
    }

    private void answerLike(ChannelHandlerContext context, HttpRequest request, Share.Ending ending) {
        if (following == null) {
            return; // left meanwhile
        }
        following = null;
        share = null;
        CallerWriter writer = writer(context, request.protocolVersion(), staysOpen(request));
        if (ending.problem() == null) {
            writer.shared(ending);
        } else {
            writer.problem(ending.problem(), Optional.empty());
        }
        patience.callIsOver();
        writer.whenLeft(gateway::ended);
        next(context);
    }

    /** Nobody wants the answer of this call any more. */
    private void abandon() {
        if (exchange != null) {
            exchange.cancel();
        }
    }

    private void enter(Inbound inbound) throws Refused {
        if (inbound.key().isPresent()) {
            Optional<Allowance.Refusal> refusal =
                    gateway.accounts().enter(inbound.key().get(), inbound.peek().promptTokens());
            if (refusal.isPresent()) {
                throw new Refused(
                        429,
                        refusal.get().code(),
                        refusal.get().message(),
                        Optional.of(refusal.get().retryAfter()));
            }
        }
    }

    private CallerWriter writer(ChannelHandlerContext context, HttpVersion version, boolean keepAlive) {
        return new CallerWriter(context, gateway.newCallId(), "", version, keepAlive);
    }

    /** The call counts as running until its last byte has left, so that a drain does not cut it. */
    private void over(ChannelHandlerContext context) {
        Exchange ended = exchange;
        exchange = null;
        share = null;
        patience.callIsOver();
        if (ended == null) {
            return;
        }
        gateway.accounts().over(ended);
        ended.writer().whenLeft(gateway::ended);
        if (!pipelined.isEmpty() || !context.channel().config().isAutoRead()) {
            context.channel().eventLoop().execute(() -> next(context));
        }
    }

    private void next(ChannelHandlerContext context) {
        while (!isBusy() && !pipelined.isEmpty() && context.channel().isWritable()) {
            HttpObject message = pipelined.remove();
            try {
                read(context, message);
            } finally {
                ReferenceCountUtil.release(message);
            }
        }
        if (pipelined.isEmpty()) {
            context.channel().config().setAutoRead(true);
        }
    }

    /**
     * Answers at once although the request may not be read to its end; what still comes is thrown away for a while. The next
     * request could be anything, so there is none.
     */
    private void refuse(ChannelHandlerContext context, Refused refused, boolean whole) {
        drop();
        gateway.accounts().refused(refused);
        CallerWriter writer = writer(context, HttpVersion.HTTP_1_1, !whole); // whole: closed behind the answer
        if (!whole) {
            swallowing = true;
            writer.lastButLinger();
            context.channel().eventLoop().schedule(() -> context.close(), SWALLOW_SECONDS, TimeUnit.SECONDS);
        }
        writer.problem(refused.problem(), refused.retryAfter());
    }

    private static Refused tooLarge(Serving serving) {
        int limit = serving.config().limits().body();
        String shown = limit % (1 << 20) == 0 ? (limit >> 20) + " MiB" : limit + " bytes";
        return new Refused(413, "too_large", "the request body is larger than " + shown + "; send a smaller one");
    }

    /** The caller was too slow. Who has sent half a request is told. */
    private void tooSlow(ChannelHandlerContext context) {
        if (swallowing || head == null) {
            context.close();
        } else {
            refuse(context, new Refused(408, "too_slow", "the request's body came too slowly"), false);
        }
    }

    private void drop() {
        head = null;
        door = null;
        answerAtTheEnd = null;
        if (body != null) {
            body.release();
            body = null;
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        patience.readComplete(isBusy());
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (exchange != null) {
            exchange.callerWritable(context.channel().isWritable());
        } else if (context.channel().isWritable()) {
            next(context);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        drop();
        pipelined.forEach(ReferenceCountUtil::release);
        pipelined.clear();
        if (following != null && share != null) {
            Consumer<Share.Ending> leaving = following;
            following = null;
            share.leave(leaving);
            gateway.ended();
        } else if (exchange != null && share != null && share.goesOnWithoutLeader()) {
            exchange.writer().detach();
        } else {
            abandon();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        boolean usual = cause instanceof IOException || cause.getCause() instanceof SSLException;
        if (!usual) {
            LOG.warn("closing a caller's connection: {}", cause.toString());
        }
        context.close();
    }
}
