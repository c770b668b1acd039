package dev.backstay.simulator;

import dev.backstay.core.Attempt;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.wire.Answer;
import dev.backstay.wire.Classifier;
import dev.backstay.wire.FireworksClassifier;
import dev.backstay.wire.Headers;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Carries out the steps of one call in virtual time: the third driver, beside the library's and the gateway's. It sends
 * the attempts of a real call to a {@link Provider} and reads the answers with the same {@code wire} code as the others.
 */
public final class VirtualDriver {

    /** Who gets the bytes of the answer, as a caller of the gateway does. */
    public interface Receiver {

        /** Whether it looks at the bytes at all; if not, they are not kept. */
        boolean wantsBytes();

        /** More of the answer: {@code all} from index {@code from} to {@code to}. */
        void bytes(byte[] all, int from, int to);

        /** It is over. */
        void ended(Result result);
    }

    /** The ways of one attempt through the network, in nanoseconds: nothing to tune, something to be seen. */
    private static final long RESOLVE = 1_000_000;

    private static final long CONNECT = 10_000_000;
    private static final long SECURE = 20_000_000;
    private static final long SEND = 5_000_000;

    private static final Classifier CLASSIFIER = new FireworksClassifier();

    private final VirtualTime time;
    private final Provider provider;
    private final Chance chance;
    private final long callNumber;
    private final Ask ask;
    private final Receiver receiver;
    private final Policy.Caller caller;
    private final long arrivedNanos;

    private @Nullable Running running;
    private long wakeAtNanos = Long.MAX_VALUE;
    private int attempts;
    private long billed;
    private @Nullable Result result;
    private final Tally tally;

    /** A call that arrives now. */
    public VirtualDriver(
            VirtualTime time,
            Provider provider,
            Chance chance,
            long callNumber,
            Ask ask,
            Request request,
            Policy policy,
            Tally tally,
            Receiver receiver) {
        this.time = time;
        this.provider = provider;
        this.chance = chance;
        this.callNumber = callNumber;
        this.ask = ask;
        this.receiver = receiver;
        this.tally = tally;
        this.arrivedNanos = time.nanos();
        this.caller = policy.begin(request, this::wakeSoon, chance.policy(callNumber));
    }

    /** Begins. */
    public void start() {
        tell(Signal.STARTED);
    }

    /** The caller leaves. */
    public void cancel() {
        tell(Signal.CANCELLED);
    }

    private void wakeSoon() {
        time.at(time.nanos(), () -> tell(Signal.WOKE));
    }

    private void tell(Signal signal) {
        if (result == null) {
            perform(caller.on(signal, time.nanos()));
        }
    }

    private void perform(Step step) {
        if (step instanceof Step.Send send) {
            attempts++;
            running = new Running(send.attempt());
            running.begin();
        } else if (step instanceof Step.Wait wait) {
            wakeAtNanos = wait.untilNanos();
            time.at(wakeAtNanos, () -> {
                if (running == null && time.nanos() >= wakeAtNanos) {
                    tell(Signal.WOKE);
                }
            });
        } else if (step instanceof Step.Deliver && running != null) {
            running.deliver();
        } else if (step instanceof Step.Finish finish) {
            finish(finish.result());
        }
    }

    private void finish(Result how) {
        if (running != null) {
            running.close(null);
        }
        result = how;
        tally.call(how, attempts, arrivedNanos, time.nanos() - arrivedNanos, billed);
        receiver.ended(how);
    }

    /** One attempt on its way through the network and the provider. */
    private final class Running {
        private final Attempt attempt;
        private Fault fault = Fault.NONE;
        private @Nullable Reply reply;
        private @Nullable Answer answer;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream(0);
        private boolean delivering;
        private long deliveredBytes;
        private long checkAtNanos = Long.MAX_VALUE;
        private boolean closed;

        private Running(Attempt attempt) {
            this.attempt = attempt;
        }

        private void begin() {
            fault = provider.encounter(time.nanos(), chance.faults(callNumber, attempt.number()));
            guard();
            passes(
                    Fault.Kind.DNS,
                    RESOLVE,
                    Phase.CONNECTING,
                    () -> passes(
                            Fault.Kind.REFUSE,
                            CONNECT,
                            Phase.SECURING,
                            () -> passes(
                                    Fault.Kind.TLS,
                                    SECURE,
                                    Phase.SENDING,
                                    () -> passes(Fault.Kind.NONE, SEND, Phase.AWAITING, this::arrive))));
        }

        /** After a while the attempt is in the next phase, unless this fault is its fate. */
        private void passes(Fault.Kind fate, long nanos, Phase next, Runnable then) {
            if (fault.kind() == Fault.Kind.BLACK_HOLE && next == Phase.SECURING) {
                return; // the clock of the phase will tell
            }
            later(nanos, () -> {
                if (fault.kind() == fate && fate != Fault.Kind.NONE) {
                    end(new Outcome.Failed(attempt.lost("simulated: " + fate.word())));
                } else {
                    perform(caller.on(new Signal.Entered(attempt, next), time.nanos()));
                    guard();
                    then.run();
                }
            });
        }

        private void arrive() {
            reply = provider.answer(ask, fault, time.nanos(), chance.service(callNumber, attempt.number()));
            follow();
        }

        private void follow() {
            Act act = reply == null ? new Act.Silence() : reply.next(time.nanos());
            if (!(act instanceof Act.Silence)) {
                later(act.afterNanos(), () -> happen(act));
            }
        }

        private void happen(Act act) {
            if (act instanceof Act.Head head) {
                attempt.headArrived();
                answer =
                        Answer.of(ask.endpoint(), head.status(), Headers.of(head.headers()), CLASSIFIER, Instant.EPOCH);
            } else if (act instanceof Act.Body piece && answer != null) {
                read(answer, piece.bytes());
            } else if (act instanceof Act.Reset) {
                end(new Outcome.Failed(attempt.lost("simulated: connection reset")));
            } else if (act instanceof Act.End && answer != null) {
                answer.end();
                look(answer);
            }
            if (!closed) {
                follow();
            }
        }

        private void read(Answer reader, byte[] bytes) {
            long before = reader.progress();
            reader.read(ByteBuffer.wrap(bytes));
            if (reader.progress() != before && delivering) {
                attempt.progress(time.nanos());
            }
            if (receiver.wantsBytes()) {
                body.writeBytes(bytes);
            }
            look(reader);
        }

        private void look(Answer reader) {
            boolean failed = reader.outcome().orElse(null) instanceof Outcome.Failed;
            if (reader.started() && !delivering && !failed) {
                perform(caller.on(new Signal.FirstEvent(attempt), time.nanos()));
            }
            release(reader);
            if (!closed && reader.outcome().isPresent()) {
                end(reader.outcome().get());
            }
        }

        private void deliver() {
            delivering = true;
            guard();
        }

        private void release(Answer reader) {
            long upTo = reader.releasable();
            if (delivering && !closed && upTo > deliveredBytes) {
                if (receiver.wantsBytes()) {
                    receiver.bytes(body.toByteArray(), (int) deliveredBytes, (int) upTo);
                }
                deliveredBytes = upTo;
            }
        }

        /** Looks after the clock of the phase; progress moves it on, so when woken it looks again. */
        private void guard() {
            long clock = attempt.clockNanos();
            if (closed || clock >= checkAtNanos) {
                return;
            }
            checkAtNanos = clock;
            later(clock - time.nanos(), () -> {
                if (checkAtNanos != clock) {
                    return;
                }
                checkAtNanos = Long.MAX_VALUE;
                if (time.nanos() >= attempt.clockNanos()) {
                    close(null);
                    tell(new Signal.TimedOut(attempt));
                } else {
                    guard();
                }
            });
        }

        private void later(long nanos, Runnable what) {
            time.at(time.nanos() + nanos, () -> {
                if (!closed) {
                    what.run();
                }
            });
        }

        private void end(Outcome outcome) {
            close(outcome);
            tell(new Signal.Ended(attempt, outcome));
        }

        private void close(@Nullable Outcome outcome) {
            closed = true;
            running = null;
            if (reply != null) {
                reply.abandon(time.nanos());
                billed += outcome instanceof Outcome.Completed ? 0 : reply.billedTokens();
            }
        }
    }
}
