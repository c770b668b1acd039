package dev.backstay.simulator;

import dev.backstay.core.Attempt;
import dev.backstay.core.Signal;
import dev.backstay.wire.Answer;
import dev.backstay.wire.AttemptReader;
import dev.backstay.wire.Classifier;
import dev.backstay.wire.FireworksClassifier;
import dev.backstay.wire.Headers;
import dev.backstay.wire.Reading;
import dev.backstay.wire.RequestPeek;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An attempt whose answer comes in bytes, token by token, and is read as on a wire. */
final class RenderedAttempt extends VirtualAttempt {

    private static final Classifier CLASSIFIER = new FireworksClassifier();
    private static final long MOST_HELD = 16 << 20;

    private final AttemptReader reader;
    private @Nullable Reply reply;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream(0);
    private int from;

    RenderedAttempt(VirtualDriver driver, Attempt attempt, Provider provider) {
        super(driver, attempt, provider);
        this.reader =
                new AttemptReader(attempt, Reading.of(ask().endpoint(), CLASSIFIER, RequestPeek.NO_BODY, MOST_HELD));
    }

    @Override
    void arrive(Fault fate) {
        VirtualDriver driver = driver();
        reply = provider()
                .answer(
                        ask(),
                        fate,
                        now(),
                        driver.world()
                                .chance()
                                .service(driver.callNumber(), attempt().number()));
        follow();
    }

    private void follow() {
        Act act = reply == null ? new Act.Silence() : reply.next(now());
        if (!(act instanceof Act.Silence)) {
            later(act.afterNanos(), () -> happen(act));
        }
    }

    private void happen(Act act) {
        if (act instanceof Act.Head head) {
            reader.head(head.status(), Headers.of(head.headers()), Instant.EPOCH, now());
        } else if (act instanceof Act.Body piece) {
            if (driver().receiver().wantsBytes()) {
                body.writeBytes(piece.bytes());
            }
            reader.bytes(ByteBuffer.wrap(piece.bytes()), now());
        } else if (act instanceof Act.Reset) {
            reader.lost("simulated: connection reset", false, now());
        } else if (act instanceof Act.End) {
            reader.end(now());
        }
        tell();
        if (!isClosed()) {
            guard();
            follow();
        }
    }

    private void tell() {
        for (Optional<Signal> each = reader.next(); each.isPresent() && !isClosed(); each = reader.next()) {
            if (each.get() instanceof Signal.FirstEvent) {
                begin(true);
            } else if (each.get() instanceof Signal.Ended ended) {
                release();
                end(ended.outcome());
            } else {
                driver().tell(each.get());
            }
        }
        release();
    }

    private void release() {
        if (!isDelivering()) {
            return;
        }
        pass(reader.allotment().toSkip());
        for (int size = (int) reader.allotment().toGive();
                size > 0;
                size = (int) reader.allotment().toGive()) {
            if (driver().receiver().wantsBytes()) {
                driver().receiver().bytes(body.toByteArray(), from, from + size);
            }
            pass(size);
            pass(reader.allotment().toSkip());
        }
    }

    private void pass(long bytes) {
        from += (int) bytes;
        reader.allotment().passed(bytes);
    }

    @Override
    void deliver() {
        super.deliver();
        reader.deliver();
        release();
    }

    @Override
    void handOver() {
        super.handOver();
        release();
    }

    @Override
    int delivered() {
        return isDelivering()
                ? (int) reader.answer().map(Answer::contentEvents).orElse(0L).longValue()
                : 0;
    }

    @Override
    long dueNanos() {
        return reader.dueNanos();
    }

    @Override
    void due() {
        reader.due(now());
        tell();
    }

    @Override
    void catchUp() {
        // What happened was told when it did.
    }

    @Override
    long abandon() {
        if (reply == null) {
            return 0;
        }
        reply.close(now());
        return reply.billedTokens();
    }
}
