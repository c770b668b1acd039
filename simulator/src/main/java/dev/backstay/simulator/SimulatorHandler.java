package dev.backstay.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.wire.Endpoint;
import dev.backstay.wire.RequestPeek;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One connection to the simulated provider: reads requests, and does what the model's {@link Reply} says, act by act. */
final class SimulatorHandler extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int DEFAULT_MAX_TOKENS = 2048;
    private static final int USUAL_TOKENS = 24;

    private final SimulatorServer server;
    private final Provider provider;
    private final SplittableRandom random;
    private @Nullable Fault firstFault;
    private @Nullable Reply reply;
    private boolean keepAlive;

    SimulatorHandler(SimulatorServer server, Provider provider, SplittableRandom random, Fault firstFault) {
        this.server = server;
        this.provider = provider;
        this.random = random;
        this.firstFault = firstFault;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        server.came();
        Fault fault = firstFault != null ? firstFault : provider.encounter(server.nanos(), random);
        firstFault = null;
        if (fault.kind().stage() == Fault.Stage.CONNECTION && !fault.isRefusal()) {
            SimulatorServer.reset(context.channel());
            return;
        }
        keepAlive = HttpUtil.isKeepAlive(request) && !provider.script().story().hasConnectionFaults();
        reply = reply(request, fault, random.split());
        follow(context, reply);
    }

    private Reply reply(FullHttpRequest request, Fault fault, RandomGenerator service) {
        if (server.controlPlane().owns(request)) {
            return server.controlPlane().answer(request, server.url(), server.nanos());
        }
        Optional<Endpoint> endpoint = Endpoint.of(request.uri());
        if (endpoint.isEmpty()
                || !endpoint.get().method().equals(request.method().name())) {
            return provider.notFound();
        }
        if (endpoint.get() == Endpoint.MODELS) {
            return provider.models();
        }
        try {
            JsonNode body = JSON.readTree(request.content().toString(StandardCharsets.UTF_8));
            if (!body.path("model").isTextual()) {
                return provider.badRequest("the request needs a model");
            }
            int size = request.content().readableBytes();
            Ask ask = ask(endpoint.get(), body, size, service);
            return server.controlPlane()
                    .admitted(
                            ask.model(),
                            ask.promptTokens(),
                            server.nanos(),
                            () -> provider.answer(ask, fault, server.nanos(), service));
        } catch (JsonProcessingException notJson) {
            return provider.badRequest("the request body is not JSON");
        }
    }

    /** As many tokens as asked for with {@code ignore_eos}, else about as many as a short answer has. */
    private static Ask ask(Endpoint endpoint, JsonNode body, int size, RandomGenerator service) {
        int max = Math.max(1, body.path("max_tokens").asInt(DEFAULT_MAX_TOKENS));
        int usual = USUAL_TOKENS + service.nextInt(USUAL_TOKENS);
        boolean exactly = body.path("ignore_eos").asBoolean(false);
        int output = endpoint == Endpoint.EMBEDDINGS ? 0 : exactly ? max : Math.min(max, usual);
        return new Ask(
                endpoint,
                body.path("model").asText(),
                size / RequestPeek.BYTES_PER_TOKEN,
                output,
                body.path("stream").asBoolean(false));
    }

    private void follow(ChannelHandlerContext context, Reply current) {
        Act act = current.next(server.nanos());
        if (act instanceof Act.Silence) {
            return;
        }
        if (act.afterNanos() == 0) {
            happen(context, current, act);
        } else {
            context.executor().schedule(() -> happen(context, current, act), act.afterNanos(), TimeUnit.NANOSECONDS);
        }
    }

    @SuppressWarnings("ReferenceEquality") // whether it is still this reply's turn
    private void happen(ChannelHandlerContext context, Reply current, Act act) {
        if (reply != current || !context.channel().isActive()) {
            return;
        }
        if (act instanceof Act.Head head) {
            context.writeAndFlush(head(head));
        } else if (act instanceof Act.Body piece) {
            context.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(piece.bytes())));
        } else if (act instanceof Act.Reset) {
            SimulatorServer.reset(context.channel());
        } else {
            current.close(server.nanos());
            reply = null;
            ChannelFuture last = context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
            if (!keepAlive) {
                last.addListener(ChannelFutureListener.CLOSE);
            }
            return;
        }
        follow(context, current);
    }

    private HttpResponse head(Act.Head head) {
        HttpResponse response =
                new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(head.status()));
        head.headers().forEach((name, value) -> response.headers().set(name, value));
        response.headers().set("x-request-id", Long.toHexString(random.nextLong()));
        response.headers().set(HttpHeaderNames.DATE, server.date());
        if (!response.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
            HttpUtil.setTransferEncodingChunked(response, true);
        }
        if (!keepAlive) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        return response;
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (reply != null) {
            reply.close(server.nanos());
            reply = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
