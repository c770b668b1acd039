package dev.backstay.gateway;

import dev.backstay.client.Durations;
import dev.backstay.client.Problem;
import dev.backstay.core.Timeouts;
import dev.backstay.core.Workload;
import dev.backstay.wire.Endpoint;
import dev.backstay.wire.RequestPeek;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufInputStream;
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
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One caller's connection: collects a request, starts an {@link Exchange} for it, and takes the next one when that is over.
 * A request that cannot be served is answered at once and in OpenAI's shape.
 */
final class CallerHandler extends ChannelInboundHandlerAdapter {

    /** The largest request body, in bytes: 32 MiB. */
    static final int BODY_LIMIT = 32 * 1024 * 1024;

    /** How long a refused upload is read and thrown away, so that the caller sees the answer and not a reset. */
    private static final long SWALLOW_SECONDS = 10;

    /** How long a connection may be idle while nothing runs for it. */
    private static final long IDLE_SECONDS = 120;

    private static final Logger LOG = LoggerFactory.getLogger(CallerHandler.class);

    private final Gateway gateway;
    private final Deque<HttpObject> pipelined = new ArrayDeque<>();
    private @Nullable HttpRequest head;
    private @Nullable ByteBuf body;
    private @Nullable Exchange exchange;
    private boolean swallowing;
    private long activeNanos;
    private @Nullable Future<?> idleCheck;

    CallerHandler(Gateway gateway) {
        this.gateway = gateway;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        activeNanos = gateway.ticker().nanos();
        if (exchange != null || !pipelined.isEmpty() || !context.channel().isWritable()) {
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
        if (message.decoderResult().isFailure()) {
            new CallerWriter(context, gateway.newCallId(), "", HttpVersion.HTTP_1_1, false)
                    .problem(Problem.ofRequest(400, "bad_request", "the request is not valid HTTP"), Optional.empty());
            swallowing = true;
            drop();
        } else if (message instanceof HttpRequest request) {
            head(context, request);
        }
        if (!swallowing && head != null && message instanceof HttpContent content) {
            body(context, head, content);
        }
    }

    private void head(ChannelHandlerContext context, HttpRequest request) {
        head = request;
        if (HttpUtil.getContentLength(request, 0L) > BODY_LIMIT) {
            refuse(context, tooLarge());
        } else if (HttpUtil.is100ContinueExpected(request)) {
            context.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
        }
    }

    private void body(ChannelHandlerContext context, HttpRequest request, HttpContent content) {
        if (content.content().isReadable()) {
            ByteBuf all = body;
            if (all == null) {
                all = context.alloc().buffer(content.content().readableBytes());
                body = all;
            }
            // Copied, so that many small pieces cost their bytes and not their number.
            all.writeBytes(content.content());
            if (all.readableBytes() > BODY_LIMIT) {
                refuse(context, tooLarge());
                return;
            }
        }
        if (content instanceof LastHttpContent) {
            ByteBuf all = body;
            body = null;
            head = null;
            serve(context, request, all == null ? Unpooled.EMPTY_BUFFER : all);
        }
    }

    private void serve(ChannelHandlerContext context, HttpRequest request, ByteBuf bytes) {
        boolean keepAlive = HttpUtil.isKeepAlive(request) && !gateway.isDraining();
        Optional<String> page = request.method().name().equals("GET") ? gateway.page(request.uri()) : Optional.empty();
        if (page.isPresent()) {
            bytes.release();
            PageWriter.write(context, request, page.get(), gateway);
            return;
        }
        try {
            Inbound inbound = understand(request, bytes);
            String shown = inbound.workload().workload().label() + " ("
                    + inbound.workload().reason() + ")";
            CallerWriter writer =
                    new CallerWriter(context, gateway.newCallId(), shown, request.protocolVersion(), keepAlive);
            Exchange started = new Exchange(gateway, context, inbound, writer, () -> over(context));
            exchange = started;
            gateway.begun();
            started.start();
        } catch (Refused refused) {
            bytes.release();
            new CallerWriter(context, gateway.newCallId(), "", request.protocolVersion(), keepAlive)
                    .problem(refused.problem, Optional.empty());
        }
    }

    private Inbound understand(HttpRequest request, ByteBuf bytes) throws Refused {
        if (gateway.isDraining()) {
            throw new Refused(503, "draining", "this gateway is shutting down; send the request to another one");
        }
        Endpoint endpoint = Endpoint.of(request.uri())
                .orElseThrow(() -> new Refused(
                        404,
                        "unknown_path",
                        "there is no such path here; there is POST /v1/chat/completions, /v1/completions, /v1/embeddings,"
                                + " /v1/responses, /v1/messages and GET /v1/models, also under /inference"));
        if (!endpoint.method().equals(request.method().name())) {
            throw new Refused(405, "wrong_method", "use " + endpoint.method() + " for this path");
        }
        RequestPeek peek = peek(endpoint, bytes);
        Workload.Choice workload = workload(request, peek);
        Timeouts clocks = gateway.settings().timeouts().over(workload.workload().timeouts());
        String wanted = request.headers().get("Backstay-Timeout");
        Duration deadline = wanted == null
                ? clocks.total()
                : Durations.parse(wanted)
                        .filter(duration -> !duration.isZero() && duration.toHours() < 24)
                        .orElseThrow(() -> new Refused(
                                400, "bad_timeout", "Backstay-Timeout: " + Durations.EXPECTED + ", at most 24h"));
        return new Inbound(
                request, endpoint, bytes, peek, workload, wanted == null ? clocks : clocks.withTotal(deadline));
    }

    private static RequestPeek peek(Endpoint endpoint, ByteBuf bytes) throws Refused {
        if (endpoint == Endpoint.MODELS) {
            return RequestPeek.NO_BODY;
        }
        try {
            return RequestPeek.of(new ByteBufInputStream(bytes.duplicate()), bytes.readableBytes());
        } catch (RequestPeek.NotJson notJson) {
            throw new Refused(400, "bad_request", String.valueOf(notJson.getMessage()));
        }
    }

    private Workload.Choice workload(HttpRequest request, RequestPeek peek) throws Refused {
        String declared = request.headers().get("Backstay-Workload");
        Optional<Workload> workload = declared == null ? Optional.empty() : Workload.named(declared);
        if (declared != null && workload.isEmpty()) {
            throw new Refused(
                    400,
                    "bad_workload",
                    "Backstay-Workload must be interactive, agentic, long-context or batch-submit");
        }
        return gateway.settings().choose(workload, peek.hasTools(), peek.promptTokens());
    }

    /** The call counts as running until its last byte has left, so that a drain does not cut it. */
    private void over(ChannelHandlerContext context) {
        exchange = null;
        activeNanos = gateway.ticker().nanos();
        context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(flushed -> gateway.ended());
        context.channel().eventLoop().execute(() -> next(context));
    }

    private void next(ChannelHandlerContext context) {
        while (exchange == null && !pipelined.isEmpty() && context.channel().isWritable()) {
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

    @Override
    public void channelActive(ChannelHandlerContext context) {
        activeNanos = gateway.ticker().nanos();
        idleCheck = context.channel()
                .eventLoop()
                .scheduleAtFixedRate(() -> closeIfIdle(context), IDLE_SECONDS, IDLE_SECONDS / 4, TimeUnit.SECONDS);
    }

    /** Nothing runs, and the caller neither sends nor takes bytes. */
    private void closeIfIdle(ChannelHandlerContext context) {
        long idleNanos = gateway.ticker().nanos() - activeNanos;
        if (exchange == null && idleNanos > TimeUnit.SECONDS.toNanos(IDLE_SECONDS)) {
            context.close();
        }
    }

    /** Answers at once although the request is not read to its end; what still comes is thrown away for a while. */
    private void refuse(ChannelHandlerContext context, Problem problem) {
        swallowing = true;
        drop();
        CallerWriter writer = new CallerWriter(context, gateway.newCallId(), "", HttpVersion.HTTP_1_1, true);
        writer.lastButLinger();
        writer.problem(problem, Optional.empty());
        context.channel().eventLoop().schedule(() -> context.close(), SWALLOW_SECONDS, TimeUnit.SECONDS);
    }

    private static Problem tooLarge() {
        return Problem.ofRequest(
                413, "too_large", "the request body is larger than " + (BODY_LIMIT >> 20) + " MiB; send a smaller one");
    }

    private void drop() {
        head = null;
        if (body != null) {
            body.release();
            body = null;
        }
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
        if (idleCheck != null) {
            idleCheck.cancel(false);
        }
        drop();
        pipelined.forEach(ReferenceCountUtil::release);
        pipelined.clear();
        if (exchange != null) {
            exchange.cancel();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof IOException)) {
            LOG.warn("closing a caller's connection: {}", cause.toString());
        }
        context.close();
    }

    /** The request is not served, and why. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        private final transient Problem problem;

        Refused(int status, String code, String message) {
            super(message);
            problem = Problem.ofRequest(status, code, message);
        }
    }
}
