package dev.backstay.simulator;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.Attempt;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Signal;
import dev.backstay.core.Usage;
import dev.backstay.wire.Classifier;
import dev.backstay.wire.ErrorBody;
import dev.backstay.wire.FireworksClassifier;
import dev.backstay.wire.Headers;
import dev.backstay.wire.LimitHeaders;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An attempt of which only that happens that matters to a decision: the first event, the end, and what goes wrong between.
 * Two events instead of hundreds, with the same outcome at the same moment as a {@link RenderedAttempt}.
 */
final class PlannedAttempt extends VirtualAttempt {

    private static final Classifier CLASSIFIER = new FireworksClassifier();
    private static final int SERVER_ERROR = 500;

    private @Nullable Course course;
    private long arrivedNanos;

    PlannedAttempt(VirtualDriver driver, Attempt attempt, Provider provider) {
        super(driver, attempt, provider);
    }

    @Override
    void arrive(Fault fate) {
        VirtualDriver driver = driver();
        arrivedNanos = now();
        Course plan = provider()
                .plan(
                        ask(),
                        fate,
                        now(),
                        driver.world()
                                .chance()
                                .service(driver.callNumber(), attempt().number()));
        course = plan;
        switch (plan.kind()) {
            case SILENT -> {}
            case RESET -> later(plan.afterNanos(), this::reset);
            case REFUSED -> later(plan.afterNanos(), () -> refused(plan));
            case ANSWERED -> answered(plan);
        }
    }

    private void refused(Course plan) {
        headed(plan);
        ErrorBody said = ErrorBody.parse(plan.refusal(), plan.refusal().length);
        Classifier.Refusal refusal =
                new Classifier.Refusal(plan.status(), Headers.of(plan.headers()), said, Instant.EPOCH);
        end(new Outcome.Failed(CLASSIFIER.classify(refusal)));
    }

    /** What comes first: the first event, the fault, the cut. */
    private void answered(Course plan) {
        int tokens = ask().outputTokens();
        boolean faulty = plan.fault().kind().stage() == Fault.Stage.IN_ANSWER;
        boolean streamed = ask().streamed();
        long firstNanos = plan.afterNanos() + (streamed ? 0 : plan.gapNanos() * tokens);
        if (plan.cutNanos() <= firstNanos) {
            later(plan.cutNanos(), this::reset);
        } else if (!streamed) {
            later(firstNanos, () -> whole(plan));
        } else if (plan.fault().kind() == Fault.Kind.SILENCE_AFTER_HEADERS) {
            later(Generation.headNanos(plan), () -> headed(plan));
        } else if (faulty && plan.faultAt() == 0) {
            later(Generation.headNanos(plan) + plan.gapNanos(), () -> {
                headed(plan);
                broken(plan);
            });
        } else {
            later(firstNanos, () -> firstEvent(plan, faulty ? plan.faultAt() : tokens, faulty));
        }
    }

    private void headed(Course plan) {
        driver().tell(new Signal.Headed(attempt(), LimitHeaders.parse(Headers.of(plan.headers()))));
    }

    private void whole(Course plan) {
        headed(plan);
        switch (plan.fault().kind()) {
            case CUT, STALL, MALFORMED, NO_DONE, ERROR_EVENT, SILENCE_AFTER_HEADERS -> broken(plan);
            default -> {
                begin(true);
                completed();
            }
        }
    }

    private void firstEvent(Course plan, int tokens, boolean faulty) {
        long endNanos = plan.afterNanos() + plan.gapNanos() * Math.max(0, tokens - (faulty ? 0 : 1));
        headed(plan);
        begin(true);
        if (isClosed()) {
            return;
        }
        if (plan.cutNanos() < endNanos) {
            later(arrivedNanos + plan.cutNanos() - now(), this::reset);
        } else if (faulty) {
            later(arrivedNanos + endNanos - now(), () -> broken(plan));
        } else {
            later(arrivedNanos + endNanos - now(), this::completed);
        }
    }

    private void completed() {
        if (!isClosed()) {
            catchUp();
            end(new Outcome.Completed(new Usage(ask().promptTokens(), 0, ask().outputTokens())));
        }
    }

    /** What an error inside an answer means: the same as with its status. */
    private Failure serverError() {
        Failure refused = CLASSIFIER.classify(new Classifier.Refusal(
                SERVER_ERROR, Headers.NONE, new ErrorBody("INTERNAL", "simulated"), Instant.EPOCH));
        return new Failure(
                refused.kind(),
                attempt().phase(),
                Acknowledged.YES,
                SERVER_ERROR,
                refused.message(),
                refused.hint(),
                refused.again());
    }

    private void broken(Course plan) {
        catchUp();
        switch (plan.fault().kind()) {
            case CUT -> reset();
            case MALFORMED -> fail(ask().streamed() ? FailureKind.MALFORMED_ANSWER : FailureKind.STREAM_TRUNCATED);
            case ERROR_EVENT -> end(new Outcome.Failed(serverError()));
            case NO_DONE -> fail(FailureKind.STREAM_TRUNCATED);
            default -> {} // stalled: the clock of the phase will tell
        }
    }

    private void fail(FailureKind kind) {
        Phase phase = isBegun() ? Phase.STREAMING : Phase.AWAITING;
        end(new Outcome.Failed(
                Failure.of(kind, phase, "simulated: " + kind.label()).withAcknowledged(Acknowledged.YES)));
    }

    private void reset() {
        catchUp();
        end(new Outcome.Failed(attempt().lost("simulated: connection reset")));
    }

    /** The last token that has come by now was progress. */
    @Override
    void catchUp() {
        Course plan = course;
        if (plan == null || plan.kind() != Course.Kind.ANSWERED) {
            return;
        }
        if (ask().streamed() && now() - arrivedNanos >= Generation.headNanos(plan)) {
            attempt().headArrived();
        }
        if (!isBegun() || plan.gapNanos() == 0) {
            return;
        }
        boolean stalls = plan.fault().kind().stage() == Fault.Stage.IN_ANSWER;
        long last = Math.max(0, (stalls ? plan.faultAt() : ask().outputTokens()) - 1);
        long come = Math.min(last, (now() - arrivedNanos - plan.afterNanos()) / plan.gapNanos());
        attempt().progress(arrivedNanos + plan.afterNanos() + come * plan.gapNanos(), plan.gapNanos());
    }

    @Override
    long abandon() {
        Course plan = course;
        if (plan == null) {
            return 0;
        }
        long prompt = ask().promptTokens();
        return switch (plan.kind()) {
            case REFUSED -> 0;
            case SILENT, RESET -> prompt;
            case ANSWERED -> {
                int tokens = generated(plan);
                provider().generated(ask(), tokens, now());
                provider().finished(plan);
                yield prompt + tokens;
            }
        };
    }

    @Override
    int delivered() {
        Course plan = course;
        if (plan == null || !isDelivering() || !ask().streamed()) {
            return 0;
        }
        boolean faulty = plan.fault().kind().stage() == Fault.Stage.IN_ANSWER;
        int most = faulty ? plan.faultAt() : ask().outputTokens();
        return (int) Math.min(most, 1 + (now() - arrivedNanos - plan.afterNanos()) / Math.max(1, plan.gapNanos()));
    }

    /** Tokens that have come by now; in a stream the one that is being generated counts too. */
    private int generated(Course plan) {
        boolean streamed = ask().streamed();
        long since = now() - arrivedNanos - plan.afterNanos();
        int most = plan.fault().kind().stage() == Fault.Stage.IN_ANSWER && streamed
                ? plan.faultAt()
                : ask().outputTokens();
        if (streamed && plan.fault().kind() == Fault.Kind.SILENCE_AFTER_HEADERS) {
            return 0;
        }
        if (since < 0) {
            return streamed && now() - arrivedNanos >= Generation.headNanos(plan) ? Math.min(most, 1) : 0;
        }
        return (int) Math.min(most, (streamed ? 2 : 0) + since / Math.max(1, plan.gapNanos()));
    }
}
