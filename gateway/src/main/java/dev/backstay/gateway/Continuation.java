package dev.backstay.gateway;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.backstay.wire.Endpoint;
import dev.backstay.wire.SseFramer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An answer that broke and goes on: how the rest is asked for, and how what comes is made to look like one answer.
 *
 * <pre>
 *   chat          the messages, and the text so far as the beginning of the assistant's
 *   completions   the prompt, and the text so far behind it
 *   max_tokens    less what was generated
 *   events        the first part's id; what is used counts the first part as generated, not as prompt
 * </pre>
 *
 * Belongs to its call's thread.
 */
final class Continuation {

    /** Marks the place in the stream. Comments are no events. */
    static final String MARK = ": backstay: the answer broke here and goes on\n\n";

    /** An answer that begins like the first part, for so many characters or all that there are of it, was begun anew. */
    static final int TELLING = 24;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private static final List<String> LIMITS = List.of("max_tokens", "max_completion_tokens");

    private final Endpoint endpoint;
    private final StringBuilder text = new StringBuilder();
    private long events;
    private String id = "";

    Continuation(Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    /** The answer's next part broke after this much. */
    void broke(String more, long moreEvents) {
        text.append(more);
        events += moreEvents;
    }

    /**
     * Whether a part begins anew instead of going on: it repeats the beginning, or a sentence of it begins inside a word, as in
     * "the capital is PaSure! Paris is". Unknown while there is too little of it.
     */
    Optional<Boolean> beginsAnew(String part) {
        int known = Math.min(TELLING, text.length());
        int common = Math.min(known, part.length());
        if (part.regionMatches(0, text.toString(), 0, common)) {
            return common == known ? Optional.of(true) : Optional.empty();
        }
        boolean insideWord = Character.isLowerCase(text.charAt(text.length() - 1));
        if (!insideWord || !Character.isUpperCase(part.charAt(0))) {
            return Optional.of(false);
        }
        int end = 1;
        while (end < part.length() && Character.isLetter(part.charAt(end))) {
            end++;
        }
        return end == part.length() ? Optional.empty() : Optional.of(" ,.!?'".indexOf(part.charAt(end)) >= 0);
    }

    /** What is sent for the rest; empty if this request cannot be continued. */
    Optional<byte[]> request(InputStream original) {
        try {
            return JSON.readTree(original) instanceof ObjectNode body && (isChat() ? chat(body) : completion(body))
                    ? Optional.of(JSON.writeValueAsBytes(less(body)))
                    : Optional.empty();
        } catch (IOException notJson) {
            return Optional.empty();
        }
    }

    private boolean isChat() {
        return endpoint == Endpoint.CHAT_COMPLETIONS;
    }

    private boolean chat(ObjectNode body) {
        if (!(body.get("messages") instanceof ArrayNode messages) || messages.isEmpty() || text.isEmpty()) {
            return false;
        }
        JsonNode last = messages.get(messages.size() - 1);
        if (!last.path("role").asText().equals("assistant")) {
            messages.addObject().put("role", "assistant").put("content", text.toString());
            return true;
        }
        if (last instanceof ObjectNode begun && last.path("content").isTextual()) {
            begun.put("content", last.get("content").asText() + text);
            return true;
        }
        return false;
    }

    private boolean completion(ObjectNode body) {
        if (!body.path("prompt").isTextual()) {
            return false;
        }
        body.put("prompt", body.get("prompt").asText() + text);
        return true;
    }

    private ObjectNode less(ObjectNode body) {
        for (String limit : LIMITS) {
            if (body.path(limit).isIntegralNumber()) {
                body.put(limit, Math.max(1, body.get(limit).asLong() - events));
            }
        }
        return body;
    }

    /** The first part's id, from its first event. */
    void identify(ByteBuf part) {
        if (id.isEmpty()) {
            each(part, event -> {
                if (id.isEmpty() && event != null) {
                    id = event.path("id").asText();
                }
            });
        }
    }

    /** Whole events of a later part, as events of the first one. Takes over the bytes. */
    ByteBuf relay(ByteBuf part, ByteBufAllocator memory) {
        ByteBuf out = memory.buffer(part.readableBytes() + 64);
        try {
            each(part, event -> {
                out.writeCharSequence("data: ", StandardCharsets.US_ASCII);
                out.writeCharSequence(event == null ? "[DONE]" : as(event).toString(), StandardCharsets.UTF_8);
                out.writeCharSequence("\n\n", StandardCharsets.US_ASCII);
            });
            return out;
        } finally {
            part.release();
        }
    }

    private ObjectNode as(ObjectNode event) {
        if (!id.isEmpty() && event.has("id")) {
            event.put("id", id);
        }
        for (JsonNode choice : event.path("choices")) {
            if (choice.get("delta") instanceof ObjectNode delta) {
                delta.remove("role"); // said by the first part, and clients put all roles together
            }
        }
        if (event.get("usage") instanceof ObjectNode usage) {
            add(usage, "prompt_tokens", -events);
            add(usage, "completion_tokens", events);
        }
        return event;
    }

    private static void add(ObjectNode usage, String field, long more) {
        if (usage.path(field).isIntegralNumber()) {
            usage.put(field, Math.max(0, usage.get(field).asLong() + more));
        }
    }

    /** Hears the events of a part; nothing for its last word. */
    private interface Events {
        void hear(@Nullable ObjectNode event);
    }

    private static void each(ByteBuf part, Events events) {
        new SseFramer((name, data, length) -> {
                    try {
                        events.hear(JSON.readTree(data, 0, length) instanceof ObjectNode event ? event : null);
                    } catch (IOException lastWord) {
                        events.hear(null);
                    }
                })
                .read(part.nioBuffer());
    }

    /** The bytes of a request. */
    static InputStream stream(ByteBuf body) {
        return new ByteBufInputStream(body.duplicate());
    }
}
