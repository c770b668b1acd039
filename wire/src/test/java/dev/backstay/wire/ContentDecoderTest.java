package dev.backstay.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentDecoderTest {

    private static final byte[] PLAIN = plain();

    private static byte[] plain() {
        Random random = new Random(1);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            text.append("word ").append(random.nextInt(500)).append('\n');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        }
        return out.toByteArray();
    }

    private static byte[] deflate(byte[] plain, boolean bare) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflate = new DeflaterOutputStream(out, new Deflater(6, bare))) {
            deflate.write(plain);
        }
        return out.toByteArray();
    }

    private static byte[] unpacked(String coding, byte[] packed, int size) throws IOException {
        ContentDecoder decoder = ContentDecoder.of(coding).orElseThrow();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int from = 0; from < packed.length; from += size) {
            byte[] piece = Arrays.copyOfRange(packed, from, Math.min(packed.length, from + size));
            decoder.feed(ByteBuffer.wrap(piece), bytes -> {
                assertThat(bytes.remaining()).isBetween(1, ContentDecoder.PIECE);
                out.write(bytes.array(), bytes.position(), bytes.remaining());
                return true;
            });
        }
        assertThat(decoder.isWhole()).isTrue();
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 17, 1_000, 1 << 20})
    void what_was_packed_comes_out_however_it_is_cut(int size) throws IOException {
        assertThat(unpacked("gzip", gzip(PLAIN), size)).isEqualTo(PLAIN);
        assertThat(unpacked("X-GZIP", gzip(PLAIN), size)).isEqualTo(PLAIN);
        assertThat(unpacked("deflate", deflate(PLAIN, false), size)).isEqualTo(PLAIN);
        assertThat(unpacked(" deflate ", deflate(PLAIN, true), size)).isEqualTo(PLAIN);
    }

    @Test
    void a_header_may_have_a_name_a_comment_and_more() throws IOException {
        byte[] packed = gzip(PLAIN);
        ByteArrayOutputStream more = new ByteArrayOutputStream();
        more.write(packed, 0, 3);
        more.write(2 | 4 | 8 | 16);
        more.write(packed, 4, 6);
        more.writeBytes(new byte[] {3, 0, 'x', 'y', 'z'});
        more.writeBytes("name\0comment\0".getBytes(StandardCharsets.US_ASCII));
        more.writeBytes(new byte[] {1, 2});
        more.write(packed, 10, packed.length - 10);
        assertThat(unpacked("gzip", more.toByteArray(), 7)).isEqualTo(PLAIN);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 17, 1 << 20})
    void members_follow_each_other_and_what_is_none_is_left_out(int size) throws IOException {
        ByteArrayOutputStream members = new ByteArrayOutputStream();
        members.writeBytes(gzip(Arrays.copyOf(PLAIN, 1_000)));
        members.writeBytes(gzip(new byte[0]));
        members.writeBytes(gzip(Arrays.copyOfRange(PLAIN, 1_000, PLAIN.length)));
        assertThat(unpacked("gzip", members.toByteArray(), size)).isEqualTo(PLAIN);
        members.writeBytes(new byte[300]);
        assertThat(unpacked("gzip", members.toByteArray(), size)).isEqualTo(PLAIN);
    }

    @Test
    void what_is_not_packed_is_told() throws IOException {
        assertThatThrownBy(() -> unpacked("gzip", "{\"id\": 1, \"choices\": []}".getBytes(StandardCharsets.UTF_8), 5))
                .hasMessageContaining("not those of gzip");
        byte[] wrong = gzip(PLAIN);
        wrong[wrong.length - 6]++;
        assertThatThrownBy(() -> unpacked("gzip", wrong, 100)).hasMessageContaining("checksum");
        byte[] broken = gzip(PLAIN);
        broken[60] ^= 0x55;
        broken[61] ^= 0x55;
        assertThatThrownBy(() -> unpacked("gzip", broken, 100)).isInstanceOf(IOException.class);
        ContentDecoder half = ContentDecoder.of("gzip").orElseThrow();
        half.feed(ByteBuffer.wrap(gzip(PLAIN), 0, 50), bytes -> true);
        assertThat(half.isWhole()).isFalse();
    }

    @Test
    void a_bomb_goes_off_only_as_far_as_somebody_wants() throws IOException {
        byte[] bomb = gzip(new byte[100 << 20]);
        ContentDecoder decoder = ContentDecoder.of("gzip").orElseThrow();
        long[] came = {0};
        decoder.feed(ByteBuffer.wrap(bomb), bytes -> {
            came[0] += bytes.remaining();
            return came[0] < 1 << 20;
        });
        assertThat(came[0]).isLessThan((1 << 20) + ContentDecoder.PIECE);
    }

    @Test
    void what_is_unknown_is_left_as_it_is() {
        assertThat(ContentDecoder.of("br")).isEmpty();
        assertThat(ContentDecoder.of("identity")).isEmpty();
    }
}
