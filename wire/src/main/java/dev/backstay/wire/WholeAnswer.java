package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is one JSON document. Half of one is of no use to anybody, so it is held back until it is whole, up to
 * {@link Answer#HOLD_LIMIT}; a larger one is passed on as it comes.
 */
final class WholeAnswer implements Answer {

    /** Fields of a choice that say nothing of what was generated. */
    private static final Set<String> BOOKKEEPING =
            Set.of("role", "finish_reason", "stop_reason", "native_finish_reason");

    private static final byte[] NOTHING = {};

    private final JsonParser parser;
    private final ByteArrayFeeder feeder;
    private final Reading reading;
    private final Headers headers;
    private final Instant now;
    private final InnerError error = new InnerError();
    private final UsageFields usage = new UsageFields();
    private byte[] half = NOTHING;
    private long read;
    private int depth;
    private boolean complete;
    private boolean isPage;
    private String topField = "";
    private String field = "";
    private boolean generated;
    private boolean openArguments;
    private String reason = "";
    private @Nullable Outcome outcome;

    WholeAnswer(Reading reading, Headers headers, Instant now) {
        this.reading = reading;
        this.headers = headers;
        this.now = now;
        try {
            parser = Json.FACTORY.createNonBlockingByteArrayParser();
            feeder = (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
        } catch (IOException impossible) {
            throw new IllegalStateException("the JSON parser could not be made", impossible);
        }
    }

    @Override
    public void read(ByteBuffer piece) {
        isPage |= read == 0 && piece.hasRemaining() && piece.get(piece.position()) == '<';
        read += piece.remaining();
        if (outcome != null) {
            return;
        }
        byte[] bytes = Arrays.copyOf(half, half.length + piece.remaining());
        piece.get(bytes, half.length, piece.remaining());
        int whole = Utf8.repair(bytes, bytes.length);
        half = whole == bytes.length ? NOTHING : Arrays.copyOfRange(bytes, whole, bytes.length);
        try {
            feeder.feedInput(bytes, 0, whole);
            tokens();
        } catch (IOException broken) {
            fail(
                    FailureKind.MALFORMED_ANSWER,
                    isPage
                            ? "the answer is a page and not JSON: is the base URL right, with its /v1, and no proxy between?"
                            : "the answer is not JSON, from byte " + read + " at the latest");
        }
    }

    private void tokens() throws IOException {
        for (JsonToken token = parser.nextToken();
                token != null && token != JsonToken.NOT_AVAILABLE;
                token = parser.nextToken()) {
            if (token.isStructStart()) {
                depth++;
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
        switch (topField) {
            case "usage" -> usage.field(field, parser);
            case "error" -> error.field(depth == 1 ? "message" : field, parser.getValueAsString(""));
            case "choices" -> choice(token);
            case "data" ->
                generated |= token.isNumeric() || token == JsonToken.VALUE_STRING && field.equals("embedding");
            case "object" -> failedIf(depth == 1 && "error".equals(parser.getText()), "the answer is an error");
            case "status" ->
                failedIf(depth == 1 && isResponse() && "failed".equals(parser.getText()), "the response failed");
            default -> {}
        }
    }

    private void choice(JsonToken token) throws IOException {
        if (token != JsonToken.VALUE_STRING) {
            return;
        }
        if (field.equals("finish_reason")) {
            reason = parser.getText();
            if (FinishReason.isFailure(reason)) {
                failedIf(true, "the answer ended with finish_reason " + reason);
            }
        } else if (!generated && !BOOKKEEPING.contains(field)) {
            generated = parser.getTextLength() > 0;
        }
        if (field.equals("arguments")) {
            OpenEnd arguments = new OpenEnd();
            arguments.add(parser.getText());
            openArguments |= arguments.isOpen();
        }
    }

    private boolean isResponse() {
        return reading.endpoint().orElse(null) == Endpoint.RESPONSES;
    }

    private void failedIf(boolean failed, String words) {
        if (failed) {
            error.isSaid();
            error.words(words);
        }
    }

    @Override
    public Optional<FailureKind> flaw() {
        return new Flaw(
                        generated,
                        usage.usage().completionTokens(),
                        openArguments,
                        reading.peek().choices(),
                        reason)
                .of(reading.endpoint().orElse(Endpoint.MODELS));
    }

    @Override
    public void end() {
        if (outcome != null) {
            return;
        }
        feeder.endOfInput();
        close();
        if (error.isError()) {
            outcome = new Outcome.Failed(error.failure(reading.classifier(), headers, now, phase()));
        } else if (!complete) {
            fail(FailureKind.STREAM_TRUNCATED, "the answer ends in the middle of its JSON, after " + read + " bytes");
        } else {
            outcome = new Outcome.Completed(usage.usage());
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
