package dev.backstay.wire;

import dev.backstay.core.Outcome;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An answer whose status says no: collected up to {@link ErrorBody#LIMIT} bytes, then classified. */
final class RefusedAnswer implements Answer {

    private final int status;
    private final Headers headers;
    private final Classifier classifier;
    private final Instant now;
    private byte[] body = new byte[1024];
    private int length;
    private @Nullable Outcome outcome;

    RefusedAnswer(int status, Headers headers, Classifier classifier, Instant now) {
        this.status = status;
        this.headers = headers;
        this.classifier = classifier;
        this.now = now;
    }

    @Override
    public void read(ByteBuffer piece) {
        int wanted = Math.min(piece.remaining(), ErrorBody.LIMIT - length);
        if (length + wanted > body.length) {
            body = Arrays.copyOf(body, Math.min(ErrorBody.LIMIT, Math.max(length + wanted, body.length * 2)));
        }
        piece.get(body, length, wanted);
        length += wanted;
        if (length == ErrorBody.LIMIT) {
            end();
        }
    }

    @Override
    public void end() {
        if (outcome == null) {
            ErrorBody said = ErrorBody.parse(body, length);
            outcome = new Outcome.Failed(classifier.classify(new Classifier.Refusal(status, headers, said, now)));
        }
    }

    @Override
    public boolean started() {
        return false;
    }

    @Override
    public long releasable() {
        return 0;
    }

    @Override
    public long progress() {
        return 0;
    }

    @Override
    public Optional<Outcome> outcome() {
        return Optional.ofNullable(outcome);
    }
}
