package dev.backstay.gateway;

import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.List;

/**
 * How long a caller's SDK waits for bytes, as it says itself. It gives up after that anyway, and until then it expects that somebody
 * works on its call.
 *
 * <p>Source: the generated SDKs of OpenAI and Anthropic send {@code x-stainless-read-timeout} (Python) or {@code x-stainless-timeout}
 * (Node, Java) in seconds.
 */
final class SdkPatience {

    /** Nobody's default is longer than this by accident. */
    static final Duration MOST = Duration.ofMinutes(30);

    private static final List<String> HEADERS = List.of("x-stainless-read-timeout", "x-stainless-timeout");

    private SdkPatience() {}

    /** What it says; zero if it says nothing. */
    static Duration of(HttpHeaders headers) {
        for (String name : HEADERS) {
            String text = headers.get(name);
            if (text != null) {
                return seconds(text);
            }
        }
        return Duration.ZERO;
    }

    private static Duration seconds(String text) {
        try {
            double seconds = Double.parseDouble(text.strip());
            boolean isTime = seconds > 0 && !Double.isInfinite(seconds);
            return isTime ? Duration.ofMillis((long) (1_000 * Math.min(seconds, MOST.toSeconds()))) : Duration.ZERO;
        } catch (NumberFormatException none) {
            return Duration.ZERO;
        }
    }
}
