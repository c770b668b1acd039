package dev.backstay.gateway;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.time.Duration;

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

    private static final AsciiString READ = AsciiString.cached("x-stainless-read-timeout");
    private static final AsciiString WHOLE = AsciiString.cached("x-stainless-timeout");

    /** Who gives up at the same moment would not hear what went wrong, so our answer is ready so much earlier: a fiftieth of the time. */
    private static final int EARLIER = 50;

    private static final long LEAST_EARLIER_MILLIS = 250;
    private static final long MOST_EARLIER_MILLIS = 5_000;

    private SdkPatience() {}

    /** What it says, but for the time in which it hears of it; zero if it says nothing. */
    static Duration of(HttpHeaders headers) {
        String read = headers.get(READ);
        String text = read == null ? headers.get(WHOLE) : read;
        return text == null ? Duration.ZERO : seconds(text);
    }

    private static Duration seconds(String text) {
        try {
            double seconds = Double.parseDouble(text.strip());
            if (!(seconds > 0) || Double.isInfinite(seconds)) {
                return Duration.ZERO;
            }
            long millis = (long) (1_000 * Math.min(seconds, MOST.toSeconds()));
            long earlier = Math.min(MOST_EARLIER_MILLIS, Math.max(LEAST_EARLIER_MILLIS, millis / EARLIER));
            return Duration.ofMillis(Math.max(millis / 2, millis - earlier));
        } catch (NumberFormatException none) {
            return Duration.ZERO;
        }
    }
}
