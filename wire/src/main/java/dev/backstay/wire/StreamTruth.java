package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Usage;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the events of a stream say about it: has it begun, is it finished, did it fail, what did it use.
 *
 * <p>Begun means that there is something of the answer, not only that somebody is there: servers send a role, a
 * {@code message_start} or a {@code ping} long before the first token.
 */
final class StreamTruth {

    /** What one event means. */
    enum Meaning {
        /** Nothing of the answer: a role, a greeting, bookkeeping, a sign of life while a block is made. Progress of an answer that has begun. */
        PREAMBLE,
        /** A sign of life that is no progress. */
        PING,
        /** Part of the answer. */
        CONTENT,
        /** The stream is complete; nothing needs to follow. */
        END,
        /** The server reports an error inside the stream. */
        ERROR,
        /** Not JSON, or not an object. */
        MALFORMED
    }

    private static final String BLOCK_START = "content_block_start";
    private static final String BLOCK_STOP = "content_block_stop";

    /** Bookkeeping: that there will be an item, a reasoning one perhaps, is nothing of it yet. */
    private static final Set<String> GREETINGS = Set.of(
            "message_start",
            BLOCK_START,
            "response.created",
            "response.in_progress",
            "response.queued",
            "response.output_item.added",
            "response.output_item.done",
            "response.content_part.added",
            "response.reasoning_summary_part.added");

    private static final Set<String> LAST_WORDS = Set.of("message_stop", "response.completed", "response.incomplete");

    /** Choices beyond this index are not told apart. */
    private static final int CHOICES_LIMIT = 63;

    /** The longest text that is continued, in characters. */
    private static final int TEXT_LIMIT = 1 << 20;

    private final Endpoint.Dialect dialect;
    private final int choicesAsked;
    private boolean inBlock;
    private boolean finishedBefore;
    private boolean generated;
    private String lastReason = "";
    private long choicesSeen;
    private long choicesFinished;
    private final UsageFields usage = new UsageFields();
    private InnerError error = new InnerError();
    private final ToolCalls tools = new ToolCalls();
    private final @Nullable StringBuilder text;
    private long textEvents;
    private boolean hasMoreThanText;
    private final TextEvent before = new TextEvent();

    // Of the event at hand.
    private boolean content;
    private boolean hasText;
    private boolean choiceHasText;
    private String words = "";
    private String type = "";

    /**
     * @param choicesAsked how many answers were asked for
     * @param collecting whether to keep the answer's text, so that it can be continued
     */
    StreamTruth(Endpoint.Dialect dialect, int choicesAsked, boolean collecting) {
        this.dialect = dialect;
        this.choicesAsked = choicesAsked;
        this.text = collecting ? new StringBuilder() : null;
    }

    Meaning event(String name, byte[] data, int length) {
        if (isDone(data, length)) {
            return Meaning.END;
        }
        if (length == 0) {
            return Meaning.PING;
        }
        if (before.matches(data, length)) {
            textEvents++;
            finishedBefore |= choicesFinished != 0;
            collect(before, data, length);
            return Meaning.CONTENT;
        }
        before.begin();
        error = error.isError() ? new InnerError() : error;
        content = false;
        hasText = false;
        words = "";
        type = "";
        Arrays.fill(data, Utf8.repair(data, length), length, (byte) '?');
        try (JsonParser parser = Json.FACTORY.createParser(data, 0, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Meaning.MALFORMED;
            }
            object(parser);
            if (parser.nextToken() != null) {
                return Meaning.MALFORMED;
            }
        } catch (IOException notJson) {
            return Meaning.MALFORMED;
        }
        textEvents += hasText ? 1 : 0;
        generated |= hasText;
        if (name.equals("error")) {
            error.isSaid();
        }
        Meaning meaning = meaning();
        if (meaning == Meaning.CONTENT) {
            before.learn(data, length);
        }
        return meaning;
    }

    private void collect(TextEvent event, byte[] data, int length) {
        if (text != null && text.length() <= TEXT_LIMIT) {
            text.append(event.text(data, length));
        }
    }

    private Meaning meaning() {
        if (type.equals("error") || type.equals("response.failed")) {
            error.isSaid();
        }
        if (error.isError()) {
            error.words(words);
            return Meaning.ERROR;
        }
        if (dialect == Endpoint.Dialect.CHAT) {
            return content ? Meaning.CONTENT : Meaning.PREAMBLE;
        }
        if (LAST_WORDS.contains(type)) {
            return Meaning.END;
        }
        inBlock = type.equals(BLOCK_START) || inBlock && !type.equals(BLOCK_STOP);
        if (type.equals("ping")) {
            return inBlock ? Meaning.PREAMBLE : Meaning.PING;
        }
        return GREETINGS.contains(type) ? Meaning.PREAMBLE : Meaning.CONTENT;
    }

    /** Whether every choice has said why it stopped, so that the answer is whole even without a last word. */
    boolean finished() {
        return choicesSeen != 0 && choicesSeen == choicesFinished && Long.bitCount(choicesFinished) >= choicesAsked;
    }

    /** Whether a choice went on after it had said why it stopped, so that its next reason proves nothing. */
    boolean finishedBefore() {
        return finishedBefore;
    }

    /** Whether there were choices at all. */
    boolean hasChoices() {
        return choicesSeen != 0;
    }

    /** Whether each choice that was seen has said why it stopped. */
    boolean seenFinished() {
        return choicesSeen == choicesFinished;
    }

    /** What makes it of no use, if it is whole: nothing in it, or a tool's arguments that end in the middle. */
    Optional<FailureKind> flaw(Endpoint endpoint) {
        return new Flaw(generated, usage().completionTokens(), tools.isBroken(), choicesAsked, lastReason).of(endpoint);
    }

    /** Events that carried text: each is at least one token. */
    long textEvents() {
        return textEvents;
    }

    /** The text so far, if it is collected and all that there is: reasoning or tools cannot be continued. */
    Optional<String> text() {
        return text == null || hasMoreThanText || text.length() > TEXT_LIMIT
                ? Optional.empty()
                : Optional.of(text.toString());
    }

    Usage usage() {
        return usage.usage();
    }

    InnerError error() {
        return error;
    }

    private static boolean isDone(byte[] data, int length) {
        return length == 6
                && data[0] == '['
                && data[1] == 'D'
                && data[2] == 'O'
                && data[3] == 'N'
                && data[4] == 'E'
                && data[5] == ']';
    }

    private void object(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (field) {
                case "choices" -> choices(parser);
                case "usage" -> Json.usage(parser, usage);
                case "error" -> error.read(parser);
                case "message", "response" -> nested(parser, value);
                case "type" -> type = Json.textOrSkip(parser);
                default -> parser.skipChildren();
            }
        }
    }

    /** Typed events wrap what OpenAI's chunks have at the top; Anthropic's error is not wrapped. */
    private void nested(JsonParser parser, JsonToken value) throws IOException {
        if (value == JsonToken.START_OBJECT && dialect != Endpoint.Dialect.CHAT) {
            String outerType = type;
            object(parser);
            type = outerType;
        } else if (value == JsonToken.VALUE_STRING) {
            words = parser.getText();
        } else {
            parser.skipChildren();
        }
    }

    private void choices(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() == JsonToken.START_OBJECT) {
            choice(parser);
        }
    }

    private void choice(JsonParser parser) throws IOException {
        int index = 0;
        String finishReason = "";
        choiceHasText = false;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (field) {
                case "index" -> index = value == JsonToken.VALUE_NUMBER_INT ? parser.getIntValue() : 0;
                case "finish_reason" -> finishReason = Json.textOrSkip(parser);
                case "text" -> text(parser);
                case "delta" -> delta(parser, value);
                default -> parser.skipChildren();
            }
        }
        long bit = 1L << Math.max(0, Math.min(CHOICES_LIMIT, index));
        choicesSeen |= bit;
        if ((choicesFinished & bit) != 0 && choiceHasText) {
            finishedBefore = true;
            choicesFinished &= ~bit;
        }
        if (!finishReason.isEmpty()) {
            choicesFinished |= bit;
            content = true;
            lastReason = finishReason;
            if (FinishReason.isFailure(finishReason)) {
                error.isSaid();
                error.words("the answer ended with finish_reason " + finishReason);
            }
        }
    }

    /** Anything but a role and empty strings is part of the answer. */
    private void delta(JsonParser parser, JsonToken value) throws IOException {
        if (value != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            JsonToken token = parser.nextToken();
            if (field.equals("content")) {
                text(parser);
            } else if (field.equals("tool_calls") && token == JsonToken.START_ARRAY) {
                boolean something = tools.read(parser);
                content |= something;
                hasText |= something;
                choiceHasText |= something;
                hasMoreThanText |= something;
            } else if (!field.equals("role")) {
                boolean something = token.isStructStart() ? !isEmpty(parser) : Json.hasText(parser);
                content |= something;
                hasText |= something;
                choiceHasText |= something;
                hasMoreThanText |= something;
            }
        }
    }

    private void text(JsonParser parser) throws IOException {
        if (!Json.hasText(parser)) {
            return;
        }
        content = true;
        hasText = true;
        choiceHasText = true;
        before.textAt(parser);
        if (text != null && text.length() <= TEXT_LIMIT) {
            text.append(parser.getText());
        }
    }

    /** Whether the structure at the cursor has nothing in it. Leaves the cursor at its end. */
    private static boolean isEmpty(JsonParser parser) throws IOException {
        int depth = 1;
        boolean empty = true;
        while (depth > 0) {
            JsonToken token = parser.nextToken();
            if (token == null) {
                throw new IOException("ends inside a structure");
            }
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            empty &= depth == 0;
        }
        return empty;
    }
}
