package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.backstay.core.Usage;
import java.io.IOException;

/**
 * What an answer says that it used, field by field, in OpenAI's words or in Anthropic's.
 *
 * <p>Anthropic counts what it read from its cache, and what it wrote to it, apart from {@code input_tokens}; the prompt is all three. It says
 * the prompt at the beginning of a stream and the completion at its end. A number that no request could use is left out.
 */
final class UsageFields {

    /** More tokens than this are nobody's. */
    private static final long MOST = 1_000_000_000;

    private long prompt;
    private long cached;
    private long completion;
    private long cacheRead;
    private long cacheCreated;

    /** A field of it, with the cursor at its value. */
    void field(String name, JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            return;
        }
        double said = parser.getDoubleValue();
        if (said < 0 || said > MOST) {
            return;
        }
        long tokens = (long) said;
        switch (name) {
            case "prompt_tokens", "input_tokens" -> prompt = tokens;
            case "completion_tokens", "output_tokens" -> completion = tokens;
            case "cached_tokens" -> cached = tokens;
            case "cache_read_input_tokens" -> cacheRead = tokens;
            case "cache_creation_input_tokens" -> cacheCreated = tokens;
            default -> {}
        }
    }

    Usage usage() {
        long all = prompt + cacheRead + cacheCreated;
        return new Usage(all, Math.min(all, Math.max(cached, cacheRead)), completion);
    }
}
