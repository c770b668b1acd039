package dev.backstay.fireworks;

import dev.backstay.core.Attempt;
import dev.backstay.core.Call;
import dev.backstay.core.CallListener;
import dev.backstay.core.FailureKind;
import dev.backstay.core.Outcome;
import dev.backstay.core.ServerSaid;
import dev.backstay.core.Signal;
import dev.backstay.core.Step;

/**
 * Reads the pressure on a deployment from the calls of the engine: a fold over what every listener hears. Thread-safe.
 *
 * <p>Calls count when they arrive and not when they are sent, so a limiter that holds calls back does not hide that they came.
 */
public final class PressureMeter implements CallListener {

    private final String model;
    private long sinceNanos;
    private boolean begun;
    private long calls;
    private long sent;
    private long rejected;
    private long starting;
    private long served;
    private double servedNanos;
    private long queued;
    private double queuedNanos;
    private double lastServiceSeconds;

    /** One for the calls to this model or deployment. */
    public PressureMeter(String model) {
        this.model = model;
    }

    @Override
    public void heard(long nowNanos, Call call, Signal signal, Step step) {
        if (!call.request().target().model().equals(model)) {
            return;
        }
        synchronized (this) {
            if (!begun) {
                begun = true;
                sinceNanos = nowNanos;
            }
            calls += signal instanceof Signal.Started ? 1 : 0;
            sent += step instanceof Step.Send ? 1 : 0;
            if (signal instanceof Signal.Headed headed && headed.said().queueNanos() != ServerSaid.NOTHING) {
                queued++;
                queuedNanos += headed.said().queueNanos();
            } else if (signal instanceof Signal.Ended ended) {
                ended(ended.attempt(), ended.outcome(), nowNanos);
            }
        }
    }

    private void ended(Attempt attempt, Outcome outcome, long nowNanos) {
        if (outcome instanceof Outcome.Failed failed) {
            rejected += failed.failure().kind() == FailureKind.RATE_LIMITED ? 1 : 0;
            starting += failed.failure().kind() == FailureKind.NOT_READY ? 1 : 0;
        } else {
            served++;
            servedNanos += attempt.elapsedNanos(nowNanos);
        }
    }

    /** The pressure since the last time this was asked; begins a new window. */
    public synchronized Pressure take(long nowNanos) {
        double seconds = begun ? Math.max(1e-9, (nowNanos - sinceNanos) / 1e9) : 1;
        lastServiceSeconds = served > 0 ? servedNanos / served / 1e9 : lastServiceSeconds;
        Pressure pressure = new Pressure(
                seconds,
                calls / seconds,
                sent / seconds,
                rejected / seconds,
                starting / seconds,
                lastServiceSeconds,
                queued == 0 ? 0 : queuedNanos / queued / 1e9);
        begun = true;
        sinceNanos = nowNanos;
        calls = 0;
        sent = 0;
        rejected = 0;
        starting = 0;
        served = 0;
        servedNanos = 0;
        queued = 0;
        queuedNanos = 0;
        return pressure;
    }
}
