package dev.backstay.gateway;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.backstay.wire.RequestPeek;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufInputStream;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/**
 * What one attempt sends. Whoever has it {@linkplain #release releases} it.
 *
 * @param head its request line and headers
 * @param body its bytes: the caller's own, but for the model's name where the target has another one
 */
record Outgoing(HttpRequest head, ByteBuf body) {

    /** What was validated when it came in need not be again. */
    private static final HttpHeadersFactory CHECKED =
            DefaultHttpHeadersFactory.headersFactory().withValidation(false);

    /** A request up to this size is cheaper copied than put together of pieces. */
    private static final int COPIED_LIMIT = 64 * 1024;

    static Outgoing of(
            Inbound inbound,
            Routes.Destination destination,
            Delivery delivery,
            String callId,
            ByteBufAllocator memory) {
        String model = destination.model();
        ByteBuf request = delivery.request();
        ByteBuf body = model.isEmpty() || model.equals(inbound.peek().model())
                ? request.retain()
                : renamed(
                        model,
                        delivery.continues() ? placeIn(request) : inbound.peek().modelPlace(),
                        request,
                        memory);
        Upstream upstream = destination.upstream();
        HttpRequest head = new DefaultHttpRequest(
                HttpVersion.HTTP_1_1, inbound.head().method(), upstream.path(inbound.path()), CHECKED);
        upstream.headers(inbound.head().headers(), head.headers(), body.readableBytes(), callId, inbound.callersKeys());
        return new Outgoing(head, body);
    }

    /** The request with this model in place of the caller's, or at its beginning if it names none. */
    private static ByteBuf renamed(String model, RequestPeek.Place known, ByteBuf request, ByteBufAllocator memory) {
        RequestPeek.Place place = known;
        String name = '"' + new String(JsonStringEncoder.getInstance().quoteAsString(model)) + '"';
        if (place.equals(RequestPeek.Place.NOWHERE)) {
            int behindBrace = request.indexOf(request.readerIndex(), request.writerIndex(), (byte) '{')
                    - request.readerIndex()
                    + 1;
            place = new RequestPeek.Place(behindBrace, behindBrace);
            name = "\"model\":" + name + ",";
        }
        int start = request.readerIndex();
        int rest = request.readableBytes() - place.to();
        if (request.readableBytes() <= COPIED_LIMIT) {
            ByteBuf copy = memory.buffer(place.from() + name.length() * 3 + rest);
            copy.writeBytes(request, start, place.from());
            copy.writeCharSequence(name, StandardCharsets.UTF_8);
            return copy.writeBytes(request, start + place.to(), rest);
        }
        return Unpooled.wrappedBuffer(
                request.retainedSlice(start, place.from()),
                Unpooled.copiedBuffer(name, StandardCharsets.UTF_8),
                request.retainedSlice(start + place.to(), rest));
    }

    private static RequestPeek.Place placeIn(ByteBuf request) {
        try {
            return RequestPeek.of(new ByteBufInputStream(request.duplicate()), request.readableBytes())
                    .modelPlace();
        } catch (RequestPeek.NotJson impossible) {
            throw new IllegalStateException("a continuation that is not JSON", impossible);
        }
    }

    void release() {
        body.release();
    }
}
