package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SdkPatienceTest {

    @ParameterizedTest(name = "{0} s: {1} ms")
    @CsvSource({
        "600, 595000",
        "600.0, 595000",
        "1800, 1795000",
        "86400, 1795000",
        "60, 58800",
        "3, 2750",
        "0.3, 150",
        "0, 0",
        "-1, 0",
        "nan, 0",
        "Infinity, 0",
        "soon, 0"
    })
    void our_answer_comes_before_the_caller_gives_up(String seconds, long millis) {
        assertThat(SdkPatience.of(new DefaultHttpHeaders().set("x-stainless-timeout", seconds))
                        .toMillis())
                .isEqualTo(millis);
    }

    @Test
    void silence_between_bytes_goes_before_the_whole_call() {
        DefaultHttpHeaders both = new DefaultHttpHeaders();
        both.set("x-stainless-timeout", "NOT_GIVEN").set("x-stainless-read-timeout", "1800.0");
        assertThat(SdkPatience.of(both)).hasSeconds(1_795);
        assertThat(SdkPatience.of(new DefaultHttpHeaders())).isZero();
    }
}
