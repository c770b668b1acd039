package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import dev.backstay.core.Usage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is one JSON document. Half of one is of no use to anybody, so it is held back until it is whole, up to
 * {@link Answer#HOLD_LIMIT}; a larger one is passed on as it comes.
 */
final class WholeAnswer implements Answer {

    private final JsonParser parser;
    private final ByteArrayFeeder feeder;
    private long read;
    private int depth;
    private boolean complete;
    private String topField = "";
    private String field = "";
    private long prompt;
    private long cached;
    private long completion;
    private boolean hasError;
    private String errorMessage = "";
    private @Nullable Outcome outcome;

    WholeAnswer() {
        try {
            parser = Json.FACTORY.createNonBlockingByteArrayParser();
            feeder = (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
        } catch (IOException impossible) {
            throw new IllegalStateException("the JSON parser could not be made", impossible);
        }
    }

    @Override
    public void read(ByteBuffer piece) {
        byte[] bytes = new byte[piece.remaining()];
        piece.get(bytes);
        read += bytes.length;
        if (outcome != null) {
            return;
        }
        try {
            feeder.feedInput(bytes, 0, bytes.length);
            tokens();
        } catch (IOException broken) {
            fail(FailureKind.MALFORMED_ANSWER, "the answer is not JSON, from byte " + read + " at the latest");
        }
    }

    private void tokens() throws IOException {
        for (JsonToken token = parser.nextToken();
                token != null && token != JsonToken.NOT_AVAILABLE;
                token = parser.nextToken()) {
            if (token.isStructStart()) {
                depth++;
                hasError |= depth == 2 && field.equals("error");
            } else if (token.isStructEnd()) {
                depth--;
                complete |= depth == 0;
            } else if (token == JsonToken.FIELD_NAME) {
                field = parser.currentName();
                topField = depth == 1 ? field : topField;
            } else {
                value(token);
            }
        }
    }

    private void value(JsonToken token) throws IOException {
        if (topField.equals("usage") && token == JsonToken.VALUE_NUMBER_INT) {
            switch (field) {
                case "prompt_tokens", "input_tokens" -> prompt = parser.getLongValue();
                case "completion_tokens", "output_tokens" -> completion = parser.getLongValue();
                case "cached_tokens", "cache_read_input_tokens" -> cached = parser.getLongValue();
                default -> {}
            }
        } else if (topField.equals("error") && token == JsonToken.VALUE_STRING) {
            hasError |= depth == 1;
            errorMessage = depth == 1 || field.equals("message") ? parser.getText() : errorMessage;
        }
    }

    @Override
    public void end() {
        if (outcome != null) {
            return;
        }
        feeder.endOfInput();
        close();
        if (hasError) {
            fail(FailureKind.STREAM_ERROR, errorMessage);
        } else if (!complete) {
            fail(FailureKind.STREAM_TRUNCATED, "the answer ends in the middle of its JSON, after " + read + " bytes");
        } else {
            outcome = new Outcome.Completed(new Usage(prompt, cached, completion));
        }
    }

    /** Its buffers and the names that it has learned go back, for the next one. */
    private void close() {
        try {
            parser.close();
        } catch (IOException impossible) {
            throw new IllegalStateException("there is nothing behind it that could fail", impossible);
        }
    }

    private void fail(FailureKind kind, String message) {
        close();
        outcome = new Outcome.Failed(Failure.of(kind, phase(), message).withAcknowledged(Acknowledged.YES));
    }

    @Override
    public boolean started() {
        return read > HOLD_LIMIT || outcome instanceof Outcome.Completed;
    }

    @Override
    public long releasable() {
        return started() ? read : 0;
    }

    @Override
    public long progress() {
        return read;
    }

    @Override
    public Optional<Outcome> outcome() {
        return Optional.ofNullable(outcome);
    }
}
