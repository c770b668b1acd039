package dev.backstay.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A good answer that is no inference: a file, a list, a job. It has started with its head, because nobody can tell more from its
 * beginning. A status of 200 alone proves nothing where JSON is expected: proxies send pages with it.
 */
final class PlainAnswer implements Answer {

    private final int status;
    private final @Nullable JsonParser parser;
    private long read;
    private int depth;
    private int documents;
    private @Nullable Outcome outcome;

    PlainAnswer(int status, boolean json) {
        this.status = status;
        try {
            this.parser = json ? Json.FACTORY.createNonBlockingByteArrayParser() : null;
        } catch (IOException impossible) {
            throw new IllegalStateException("the JSON parser could not be made", impossible);
        }
    }

    @Override
    public void read(ByteBuffer piece) {
        if (outcome != null) {
            return;
        }
        byte[] bytes = new byte[parser == null ? 0 : piece.remaining()];
        read += piece.remaining();
        if (parser == null) {
            return;
        }
        piece.get(bytes);
        try {
            feeder(parser).feedInput(bytes, 0, bytes.length);
            tokens(parser);
        } catch (IOException broken) {
            notJson();
        }
    }

    private static ByteArrayFeeder feeder(JsonParser parser) {
        return (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
    }

    private void tokens(JsonParser json) throws IOException {
        for (JsonToken token = json.nextToken();
                token != null && token != JsonToken.NOT_AVAILABLE;
                token = json.nextToken()) {
            documents += depth == 0 ? 1 : 0;
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        }
    }

    @Override
    public void end() {
        if (outcome != null) {
            return;
        }
        if (parser != null) {
            feeder(parser).endOfInput();
            try {
                tokens(parser);
            } catch (IOException broken) {
                notJson();
                return;
            }
            if (documents != 1 || depth != 0) {
                notJson();
                return;
            }
        }
        outcome = Outcome.Completed.UNCOUNTED;
    }

    private void notJson() {
        outcome = new Outcome.Failed(Failure.answered(
                FailureKind.MALFORMED_ANSWER, status, "the answer is not JSON: is there a proxy between?"));
    }

    @Override
    public boolean started() {
        return true;
    }

    @Override
    public long releasable() {
        return read;
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
