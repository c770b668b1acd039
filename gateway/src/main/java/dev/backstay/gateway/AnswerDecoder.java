package dev.backstay.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers of an API: heads as Netty parses them, bodies by following their framing, one piece for all that a read has brought. An
 * answer whose framing can be understood in two ways is refused.
 *
 * <p>Source of the rules: RFC 9112 sections 6.3 and 7.1. Chunk extensions and trailers are of one connection only, and are dropped.
 */
final class AnswerDecoder extends HttpResponseDecoder {

    private static final int LINE_LIMIT = 8 * 1024;
    private static final int HEADER_LIMIT = 64 * 1024;
    private static final int CHUNK = 64 * 1024;
    private static final int HEX_DIGITS = 8;
    private static final int SWITCHING = 101;

    private enum Part {
        HEAD,
        LENGTH,
        UNTIL_CLOSE,
        CHUNK_SIZE,
        CHUNK_DATA,
        CHUNK_END,
        TRAILERS
    }

    private Part part = Part.HEAD;
    private Part body = Part.HEAD;
    private long left;
    private int trailers;
    private boolean toHead;

    AnswerDecoder() {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(LINE_LIMIT)
                .setMaxHeaderSize(HEADER_LIMIT)
                .setMaxChunkSize(CHUNK)
                .setStrictLineParsing(true)
                .setHeadersFactory(StrictHeaders.FACTORY));
    }

    /** The next answer is to a HEAD: it has no body, whatever its head says. */
    void answersHead() {
        toHead = true;
    }

    /** Netty asks this when a head is whole. All bodies are left to us. */
    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
        HttpResponse head = (HttpResponse) message;
        if (head.status().code() == SWITCHING) {
            throw new IllegalArgumentException("it switches protocols, which nobody asked for");
        }
        boolean interim = head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        body = toHead || super.isContentAlwaysEmpty(message) ? Part.HEAD : framing(head);
        toHead &= interim;
        return true;
    }

    private Part framing(HttpResponse head) {
        HttpHeaders headers = head.headers();
        String coding = headers.get(HttpHeaderNames.TRANSFER_ENCODING);
        boolean hasLength = headers.contains(HttpHeaderNames.CONTENT_LENGTH);
        if (coding != null) {
            boolean clear = coding.equalsIgnoreCase("chunked")
                    && !hasLength
                    && head.protocolVersion().equals(HttpVersion.HTTP_1_1)
                    && headers.getAll(HttpHeaderNames.TRANSFER_ENCODING).size() == 1;
            if (!clear) {
                throw new IllegalArgumentException("Transfer-Encoding must be chunked, and nothing beside it");
            }
            return Part.CHUNK_SIZE;
        }
        left = hasLength ? HttpUtil.getContentLength(head) : 0;
        return !hasLength ? Part.UNTIL_CLOSE : left == 0 ? Part.HEAD : Part.LENGTH;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
        if (part != Part.HEAD) {
            body(context, in, out);
            return;
        }
        int before = out.size();
        super.decode(context, in, out);
        if (body != Part.HEAD && out.size() > before) {
            out.remove(out.size() - 1); // Netty takes the body for empty, and says that it has ended
            part = body;
            body = Part.HEAD;
        }
    }

    private void body(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        switch (part) {
            case LENGTH -> {
                int size = (int) Math.min(left, in.readableBytes());
                left -= size;
                out.add(new DefaultHttpContent(in.readRetainedSlice(size)));
                if (left == 0) {
                    end(out);
                }
            }
            case UNTIL_CLOSE -> out.add(new DefaultHttpContent(in.readRetainedSlice(in.readableBytes())));
            default -> chunks(context, in, out);
        }
    }

    /** All payload of this read, in one piece: a slice if it is one chunk, else put together. */
    private void chunks(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        ByteBuf all = null;
        try {
            boolean goesOn = true;
            while (goesOn && part != Part.HEAD && in.isReadable()) {
                if (part == Part.CHUNK_DATA) {
                    all = withMore(context, all, in);
                } else {
                    goesOn = between(in);
                }
            }
            if (all != null) {
                out.add(new DefaultHttpContent(all));
                all = null;
            }
        } finally {
            if (all != null) {
                all.release(); // what follows it is no chunk
            }
        }
        if (part == Part.HEAD) {
            end(out);
        }
    }

    private ByteBuf withMore(ChannelHandlerContext context, @Nullable ByteBuf before, ByteBuf in) {
        int size = (int) Math.min(left, in.readableBytes());
        left -= size;
        part = left == 0 ? Part.CHUNK_END : part;
        if (before == null) {
            return in.readRetainedSlice(size);
        }
        ByteBuf all = before;
        if (before.maxWritableBytes() < size) { // a slice, which cannot grow
            all = context.alloc().buffer(before.readableBytes() + in.readableBytes());
            all.writeBytes(before, before.readerIndex(), before.readableBytes());
            before.release();
        }
        return all.writeBytes(in, size);
    }

    /** What stands between the data. Nothing is taken while a line is not whole. */
    private boolean between(ByteBuf in) {
        int from = in.readerIndex();
        int lineEnd = in.indexOf(from, in.writerIndex(), (byte) '\n');
        if (lineEnd < 0) {
            require(in.readableBytes() <= LINE_LIMIT, "a line of its chunks is too long");
            return false;
        }
        require(lineEnd > from && in.getByte(lineEnd - 1) == '\r', "a line of its chunks does not end with CR LF");
        int length = lineEnd - 1 - from;
        switch (part) {
            case CHUNK_END -> {
                require(length == 0, "a chunk is longer than it says");
                part = Part.CHUNK_SIZE;
            }
            case CHUNK_SIZE -> {
                left = size(in, from, length);
                part = left == 0 ? Part.TRAILERS : Part.CHUNK_DATA;
                trailers = 0;
            }
            default -> {
                trailers += length;
                require(trailers <= HEADER_LIMIT, "its trailers are too long");
                part = length == 0 ? Part.HEAD : part;
            }
        }
        in.readerIndex(lineEnd + 1);
        return true;
    }

    private static long size(ByteBuf in, int from, int length) {
        long size = 0;
        int digits = 0;
        while (digits < length && Character.digit(in.getByte(from + digits), 16) >= 0) {
            size = size << 4 | Character.digit(in.getByte(from + digits), 16);
            digits++;
        }
        require(digits > 0 && digits <= HEX_DIGITS, "the size of a chunk is no number");
        int next = from + digits;
        while (next < from + length && (in.getByte(next) == ' ' || in.getByte(next) == '\t')) {
            next++;
        }
        require(
                digits == length || next < from + length && in.getByte(next) == ';',
                "the size of a chunk is no number");
        for (int i = next; i < from + length; i++) {
            require(in.getByte(i) != '\r', "the extension of a chunk has a line break");
        }
        return size;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    private void end(List<Object> out) {
        part = Part.HEAD;
        out.add(LastHttpContent.EMPTY_LAST_CONTENT);
    }

    @Override
    protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
        if (part == Part.HEAD) {
            super.decodeLast(context, in, out);
        } else if (part == Part.UNTIL_CLOSE) {
            if (in.isReadable()) {
                body(context, in, out);
            }
            end(out);
        } else if (in.isReadable()) {
            body(context, in, out); // what is there; that the rest is missing shows when the connection closes
        }
    }
}
