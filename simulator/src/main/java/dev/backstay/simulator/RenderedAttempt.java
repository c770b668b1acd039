package dev.backstay.simulator;

import dev.backstay.core.Attempt;
import dev.backstay.core.Outcome;
import dev.backstay.core.Signal;
import dev.backstay.wire.Answer;
import dev.backstay.wire.Classifier;
import dev.backstay.wire.FireworksClassifier;
import dev.backstay.wire.Headers;
import dev.backstay.wire.LimitHeaders;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** An attempt whose answer comes in bytes, token by token, and is read as on a wire. */
final class RenderedAttempt extends VirtualAttempt {

    private static final Classifier CLASSIFIER = new FireworksClassifier();

    private @Nullable Reply reply;
    private @Nullable Answer answer;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream(0);
    private long deliveredBytes;

    RenderedAttempt(VirtualDriver driver, Attempt attempt, Provider provider) {
        super(driver, attempt, provider);
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
            Headers headers = Headers.of(head.headers());
            driver().tell(new Signal.Headed(attempt(), LimitHeaders.parse(headers)));
            answer = Answer.of(ask().endpoint(), head.status(), headers, CLASSIFIER, Instant.EPOCH);
        } else if (act instanceof Act.Body piece && answer != null) {
            read(answer, piece.bytes());
        } else if (act instanceof Act.Reset) {
            end(new Outcome.Failed(attempt().lost("simulated: connection reset")));
        } else if (act instanceof Act.End && answer != null) {
            answer.end();
            look(answer);
        }
        if (!isClosed()) {
            follow();
        }
    }

    private void read(Answer reader, byte[] bytes) {
        long before = reader.progress();
        reader.read(ByteBuffer.wrap(bytes));
        if (reader.progress() != before && isBegun()) {
            attempt().progress(now());
        }
        if (driver().receiver().wantsBytes()) {
            body.writeBytes(bytes);
        }
        look(reader);
    }

    private void look(Answer reader) {
        boolean failed = reader.outcome().orElse(null) instanceof Outcome.Failed;
        begin(reader.started() && !failed);
        if (!isClosed()) {
            release(reader);
        }
        if (!isClosed() && reader.outcome().isPresent()) {
            end(reader.outcome().get());
        }
    }

    private void release(Answer reader) {
        long upTo = reader.releasable();
        if (attempt().seam() > 0) {
            deliveredBytes = Math.max(deliveredBytes, reader.contentStart()); // the caller has seen a beginning
        }
        if (isDelivering() && upTo > deliveredBytes) {
            if (driver().receiver().wantsBytes()) {
                driver().receiver().bytes(body.toByteArray(), (int) deliveredBytes, (int) upTo);
            }
            deliveredBytes = upTo;
        }
    }

    @Override
    void deliver() {
        super.deliver();
        if (answer != null) {
            release(answer);
        }
    }

    @Override
    void handOver() {
        super.handOver();
        if (answer != null) {
            release(answer);
        }
    }

    @Override
    int delivered() {
        return answer == null || !isDelivering() ? 0 : (int) answer.contentEvents();
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
