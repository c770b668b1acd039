package dev.backstay.ledger;

import dev.backstay.core.AddressTry;
import dev.backstay.core.Attempt;
import dev.backstay.core.Backoff;
import dev.backstay.core.Call;
import dev.backstay.core.CallListener;
import dev.backstay.core.Engine;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import dev.backstay.core.Phase;
import dev.backstay.core.Request;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.ServerSaid;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;
import dev.backstay.core.Target;
import dev.backstay.core.Usage;
import dev.backstay.core.Workload;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;

/** Calls of a real engine, led through their phases by hand, on a clock that only moves when it is told to. */
final class Played {

    static final Target TARGET = new Target("api.test:443", "demo");

    /** 14:02 on some day. */
    static final long NOON_MS = Instant.parse("2026-11-22T14:02:00Z").toEpochMilli();

    private final Random random = new Random(1);
    private final Engine engine;
    private long nanos = 1_000;
    private long jumpMs;

    Played(CallListener listener) {
        engine = new Engine(new RetryPolicy(6, Duration.ofMinutes(2), Backoff.DEFAULT), listener);
    }

    /** The wall clock that goes with it. */
    InstantSource wall() {
        return () -> Instant.ofEpochMilli(NOON_MS + jumpMs + nanos / 1_000_000);
    }

    void pass(Duration time) {
        nanos += time.toNanos();
    }

    /** The wall clock is set. */
    void jump(Duration time) {
        jumpMs += time.toMillis();
    }

    /** One that is to last a second and a half, half of it until the first event. */
    void succeeds(String id) {
        Call call = begin(id);
        good(call, sent(call));
    }

    /** One whose first try is refused by the address, and whose second succeeds. */
    void succeedsAfterARefusedConnection(String id) {
        Call call = begin(id);
        Step.Wait wait = (Step.Wait) refused(call, sent(call));
        nanos = wait.untilNanos();
        good(call, (Step.Send) call.on(Signal.WOKE, nanos));
    }

    /** One that is told to be wrong. */
    void failsWith(String id, int status) {
        Call call = begin(id);
        Attempt attempt = sent(call).attempt();
        connect(call, attempt);
        pass(Duration.ofMillis(30));
        call.on(new Signal.Headed(attempt, said("req-" + id)), nanos);
        call.on(
                new Signal.Ended(
                        attempt,
                        new Outcome.Failed(
                                Failure.answered(FailureKind.BAD_REQUEST, status, "there is no such field"))),
                nanos);
    }

    private Call begin(String id) {
        Request request =
                Request.arriving(id, TARGET, Workload.INTERACTIVE, Workload.INTERACTIVE.timeouts(), true, nanos);
        return engine.newCall(request, () -> {}, random);
    }

    private Step.Send sent(Call call) {
        return (Step.Send) call.on(Signal.STARTED, nanos);
    }

    private Step refused(Call call, Step.Send send) {
        Attempt attempt = send.attempt();
        pass(Duration.ofMillis(2));
        call.on(new Signal.Entered(attempt, Phase.CONNECTING), nanos);
        pass(Duration.ofMillis(40));
        call.on(
                new Signal.Tried(
                        attempt, new AddressTry("10.0.0.1:443", AddressTry.Answer.REFUSED, "Connection refused")),
                nanos);
        return call.on(new Signal.Ended(attempt, new Outcome.Failed(attempt.lost("Connection refused"))), nanos);
    }

    private void connect(Call call, Attempt attempt) {
        call.on(new Signal.Entered(attempt, Phase.CONNECTING), nanos);
        pass(Duration.ofMillis(10));
        call.on(new Signal.Tried(attempt, new AddressTry("10.0.0.2:443", AddressTry.Answer.CONNECTED, "")), nanos);
        call.on(new Signal.Entered(attempt, Phase.SENDING), nanos);
        call.on(new Signal.Entered(attempt, Phase.AWAITING), nanos);
    }

    private void good(Call call, Step.Send send) {
        Attempt attempt = send.attempt();
        connect(call, attempt);
        pass(Duration.ofMillis(740));
        call.on(new Signal.Headed(attempt, said("req-" + call.request().id())), nanos);
        call.on(new Signal.FirstEvent(attempt), nanos);
        pass(Duration.ofMillis(750));
        call.on(new Signal.Ended(attempt, new Outcome.Completed(new Usage(100, 20, 50))), nanos);
    }

    private static ServerSaid said(String requestId) {
        return new ServerSaid(
                ServerSaid.NOTHING,
                ServerSaid.NOTHING,
                ServerSaid.NOTHING,
                ServerSaid.NOTHING,
                ServerSaid.NOTHING,
                requestId);
    }
}
