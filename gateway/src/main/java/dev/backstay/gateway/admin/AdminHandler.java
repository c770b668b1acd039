package dev.backstay.gateway.admin;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.IdleStateEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Answers browsers, one request at a time. Belongs to its connection's loop. */
final class AdminHandler extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final String JSON = "application/json";
    private static final String CALLS = "/api/calls";
    private static final int CALLS_USUAL = 50;

    /** Nothing comes from elsewhere, and nobody may put the page into a frame. */
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:;"
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final AdminDoor door;
    private final Optional<CallReader> ledger;
    private final Broadcast broadcast;
    private final Supplier<String> metrics;
    private boolean busy;

    AdminHandler(AdminDoor door, Optional<CallReader> ledger, Broadcast broadcast, Supplier<String> metrics) {
        this.door = door;
        this.ledger = ledger;
        this.broadcast = broadcast;
        this.metrics = metrics;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext browser, FullHttpRequest request) {
        if (busy || request.decoderResult().isFailure()) {
            browser.close(); // no browser asks again before it was answered; what is not read must not pile up
            return;
        }
        busy = true;
        Optional<HttpResponseStatus> refused = door.refuses(request.headers());
        if (refused.isPresent()) {
            refuse(browser, request, refused.get());
        } else if (!request.method().equals(HttpMethod.GET)) {
            answer(browser, request, HttpResponseStatus.METHOD_NOT_ALLOWED, "text/plain", "only GET\n");
        } else {
            route(browser, request);
        }
    }

    private void route(ChannelHandlerContext browser, FullHttpRequest request) {
        QueryStringDecoder uri = new QueryStringDecoder(request.uri());
        String path = uri.path();
        Optional<Asset> asset = Asset.at(path);
        if (asset.isPresent()) {
            answer(
                    browser,
                    request,
                    HttpResponseStatus.OK,
                    asset.get().type(),
                    asset.get().text());
        } else if (path.equals("/api/events")) {
            events(browser);
        } else if (path.equals(CALLS) || path.startsWith(CALLS + "/")) {
            calls(browser, request, path, uri.parameters());
        } else if (path.equals("/metrics")) {
            answer(browser, request, HttpResponseStatus.OK, "text/plain; version=0.0.4; charset=utf-8", metrics.get());
        } else {
            answer(browser, request, HttpResponseStatus.NOT_FOUND, "text/plain", "there is no such page\n");
        }
    }

    private void calls(
            ChannelHandlerContext browser, FullHttpRequest request, String path, Map<String, List<String>> parameters) {
        if (ledger.isEmpty()) {
            answer(browser, request, HttpResponseStatus.OK, JSON, "{\"calls\":[]}");
            return;
        }
        CallReader reader = ledger.get();
        if (path.equals(CALLS)) {
            long before = number(parameters, "before", Long.MAX_VALUE);
            int most = (int) Math.min(CallReader.CALLS_LIMIT, number(parameters, "most", CALLS_USUAL));
            later(browser, request, reader.calls(before, most).thenApply(Optional::of));
        } else {
            later(browser, request, reader.call(path.substring(CALLS.length() + 1)));
        }
    }

    private static long number(Map<String, List<String>> parameters, String name, long usual) {
        List<String> values = parameters.get(name);
        try {
            return values == null ? usual : Long.parseLong(values.get(0));
        } catch (NumberFormatException notANumber) {
            return usual;
        }
    }

    private void later(
            ChannelHandlerContext browser, FullHttpRequest request, CompletableFuture<Optional<String>> reading) {
        request.retain();
        reading.whenComplete((json, failed) -> browser.executor().execute(() -> {
            try {
                if (failed != null) {
                    answer(
                            browser,
                            request,
                            HttpResponseStatus.SERVICE_UNAVAILABLE,
                            JSON,
                            "{\"error\":\"the ledger cannot be read\"}");
                } else if (json.isEmpty()) {
                    answer(
                            browser,
                            request,
                            HttpResponseStatus.NOT_FOUND,
                            JSON,
                            "{\"error\":\"there is no such call\"}");
                } else {
                    answer(browser, request, HttpResponseStatus.OK, JSON, json.get());
                }
            } finally {
                request.release();
            }
        }));
    }

    private void events(ChannelHandlerContext browser) {
        DefaultHttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        safe(head.headers()).set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream");
        HttpUtil.setTransferEncodingChunked(head, true);
        browser.writeAndFlush(head);
        if (!broadcast.view(browser.channel())) {
            browser.close(); // too many look; the browser comes again by itself
        }
    }

    private static HttpHeaders safe(HttpHeaders headers) {
        return headers.set("Content-Security-Policy", POLICY)
                .set("X-Content-Type-Options", "nosniff")
                .set("Referrer-Policy", "no-referrer")
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    }

    private void refuse(ChannelHandlerContext browser, FullHttpRequest request, HttpResponseStatus status) {
        answer(
                browser,
                request,
                status,
                "text/plain",
                status.equals(HttpResponseStatus.UNAUTHORIZED)
                        ? "the page needs its key, as the password of any user\n"
                        : "ask for this page under its own address\n");
    }

    private void answer(
            ChannelHandlerContext browser,
            FullHttpRequest request,
            HttpResponseStatus status,
            String type,
            String text) {
        FullHttpResponse answer = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
        safe(answer.headers())
                .set(HttpHeaderNames.CONTENT_TYPE, type)
                .set(HttpHeaderNames.CONTENT_LENGTH, answer.content().readableBytes());
        if (status.equals(HttpResponseStatus.UNAUTHORIZED)) {
            answer.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, "Basic realm=\"Backstay\", charset=\"UTF-8\"");
        }
        boolean keep = HttpUtil.isKeepAlive(request);
        HttpUtil.setKeepAlive(answer, keep);
        var written = browser.writeAndFlush(answer);
        if (keep) {
            written.addListener(done -> busy = false);
        } else {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext browser, Object event) {
        if (event instanceof IdleStateEvent) {
            browser.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext browser, Throwable broken) {
        browser.close();
    }
}
