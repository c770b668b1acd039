package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Netty's own decoder says what is right. */
class AnswerDecoderTest {

    private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
    private static final String CHUNKED = HEAD + "Transfer-Encoding: chunked\r\n\r\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                HEAD + "Content-Length: 5\r\n\r\nhello",
                HEAD + "Content-Length: 0\r\n\r\n",
                CHUNKED + "5\r\nhello\r\n0\r\n\r\n",
                CHUNKED + "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
                CHUNKED + "5;a=b\r\nhello\r\n1 ; c\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n",
                CHUNKED + "00A\r\n0123456789\r\n0\r\n\r\n",
                CHUNKED + "0\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED + "1\r\nx\r\n0\r\n\r\n",
                "HTTP/1.1 204 No Content\r\n\r\n",
                HEAD + "Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"
            })
    void reads_what_netty_reads_wherever_it_is_cut(String bytes) {
        String expected = read(new EmbeddedChannel(new HttpResponseDecoder()), bytes, bytes.length(), false);
        for (int cut = 1; cut <= bytes.length(); cut++) {
            assertThat(read(new EmbeddedChannel(new AnswerDecoder()), bytes, cut, false))
                    .as("cut every %d", cut)
                    .isEqualTo(expected);
        }
    }

    @Test
    void without_a_length_the_end_of_the_connection_is_the_end() {
        String bytes = HEAD + "\r\nall of it";
        for (int cut = 1; cut <= bytes.length(); cut++) {
            assertThat(read(new EmbeddedChannel(new AnswerDecoder()), bytes, cut, true))
                    .isEqualTo("[200]all of it[end]");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                HEAD + "Content-Length: 9\r\n\r\nhello",
                CHUNKED + "5\r\nhel",
                CHUNKED + "5\r\nhello\r\n",
                CHUNKED + "5\r\nhello\r\n0\r\n"
            })
    void a_body_that_the_connection_cuts_off_has_no_end(String bytes) {
        for (int cut = 1; cut <= bytes.length(); cut++) {
            assertThat(read(new EmbeddedChannel(new AnswerDecoder()), bytes, cut, true))
                    .doesNotContain("[end]");
        }
    }

    @Test
    void chunks_that_come_together_are_one_piece() {
        EmbeddedChannel channel = new EmbeddedChannel(new AnswerDecoder());
        channel.writeInbound(bytes(CHUNKED + "3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n"));
        channel.<HttpObject>readInbound();
        HttpContent piece = channel.readInbound();
        assertThat(piece.content().toString(StandardCharsets.US_ASCII)).isEqualTo("onetwothree");
        piece.release();
        assertThat(channel.<Object>readInbound()).isNull();
        channel.finishAndReleaseAll();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                CHUNKED + "x\r\nhello\r\n0\r\n\r\n",
                CHUNKED + "\r\nhello\r\n",
                CHUNKED + "-5\r\nhello\r\n",
                CHUNKED + "+5\r\nhello\r\n",
                CHUNKED + "0x5\r\nhello\r\n",
                CHUNKED + "5\nhello\r\n",
                CHUNKED + "5\r\nhello!\r\n",
                CHUNKED + "5\r\nhello\n",
                CHUNKED + "5 5\r\nhello\r\n",
                CHUNKED + "123456789\r\nhello\r\n",
                CHUNKED + "5;a\rb\r\nhello\r\n"
            })
    void chunks_that_make_no_sense_are_refused(String bytes) {
        assertThatThrownBy(() -> read(new EmbeddedChannel(new AnswerDecoder()), bytes, bytes.length(), false))
                .hasRootCauseInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                HEAD + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
                HEAD + "Transfer-Encoding: gzip, chunked\r\n\r\n",
                HEAD + "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\n",
                HEAD + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                HEAD + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
                "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
                "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
            })
    void an_answer_that_can_be_read_in_two_ways_is_refused(String head) {
        EmbeddedChannel channel = new EmbeddedChannel(new AnswerDecoder());
        channel.writeInbound(bytes(head));
        HttpObject first = channel.readInbound();
        assertThat(first.decoderResult().isFailure()).as(head).isTrue();
        channel.finishAndReleaseAll();
    }

    private static String read(EmbeddedChannel channel, String text, int cut, boolean close) {
        StringBuilder all = new StringBuilder();
        for (int from = 0; from < text.length(); from += cut) {
            channel.writeInbound(bytes(text.substring(from, Math.min(text.length(), from + cut))));
        }
        if (close) {
            channel.finish();
        }
        for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
            if (message instanceof HttpResponse head) {
                all.append('[').append(head.status().code()).append(']');
                assertThat(head.decoderResult().isSuccess()).isTrue();
            }
            if (message instanceof HttpContent content) {
                all.append(content.content().toString(StandardCharsets.US_ASCII));
                content.release();
            }
            if (message instanceof LastHttpContent) {
                all.append("[end]");
            }
        }
        channel.finishAndReleaseAll();
        return all.toString();
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }
}
