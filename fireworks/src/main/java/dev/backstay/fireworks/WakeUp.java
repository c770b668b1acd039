package dev.backstay.fireworks;

import dev.backstay.client.Clock;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import dev.backstay.fireworks.FireworksException.Reason;
import java.time.Duration;
import java.util.Optional;

/**
 * When to knock at a deployment that is at zero: the first request starts it, and is dropped; later ones find out whether it
 * serves. READY is a word of the control plane, so only an answered request counts.
 *
 * <p>Source: docs.fireworks.ai "Autoscaling": at most 30 retries, 5 s first, 1.5 times as long each time, 60 s at most; about
 * 25 minutes in all.
 *
 * @param first pause
 * @param factor how much longer each next one is
 * @param longest pause
 * @param mostTries probes at most
 */
public record WakeUp(Duration first, double factor, Duration longest, int mostTries) {

    /** As documented. */
    public static final WakeUp DOCUMENTED = new WakeUp(Duration.ofSeconds(5), 1.5, Duration.ofSeconds(60), 30);

    /** Hears how it goes on. */
    @FunctionalInterface
    public interface Listener {
        void heard(int probe, String because);
    }

    /** @throws IllegalArgumentException naming the setting, its value and the rule it breaks */
    public WakeUp {
        if (first.isNegative() || first.isZero() || longest.compareTo(first) < 0 || !(factor >= 1) || mostTries < 1) {
            throw new IllegalArgumentException(
                    "a wake-up schedule is " + first + ", times " + factor + ", at most " + longest + ", " + mostTries
                            + " tries: pauses must be positive and not shrink, and there must be a try");
        }
    }

    /** The pause after this many probes, from 1. */
    public Duration after(int probes) {
        double seconds = first.toMillis() / 1e3 * Math.pow(factor, Math.min(100, probes - 1));
        Duration pause = Duration.ofMillis((long) (Math.min(seconds, longest.toMillis() / 1e3) * 1e3));
        return pause.compareTo(longest) > 0 ? longest : pause;
    }

    int run(String id, Deployments deployments, Prober prober, String model, Clock clock, Listener listener) {
        String last = "";
        for (int probe = 1; probe <= mostTries; probe++) {
            Optional<Failure> failure = prober.infer(model);
            if (failure.isEmpty() || failure.get().kind() == FailureKind.RATE_LIMITED) {
                listener.heard(probe, "it serves");
                return probe;
            }
            last = failure.get().message().isEmpty()
                    ? failure.get().kind().label()
                    : failure.get().message();
            giveUpIfGone(id, deployments, failure.get());
            listener.heard(probe, last);
            try {
                clock.pause(after(probe));
            } catch (InterruptedException left) {
                Thread.currentThread().interrupt();
                throw new FireworksException(
                        Reason.CANCELLED,
                        "the wait for deployment " + id + " was cancelled; it starts all the same",
                        "");
            }
        }
        throw new FireworksException(
                Reason.TIMEOUT,
                "deployment " + id + " has answered none of " + mostTries + " probes: " + last,
                "look at its state and events in the console; without reserved capacity there may be no machine");
    }

    /** 404 may mean that it is fresh; whether it is there at all, the control plane knows. */
    private static void giveUpIfGone(String id, Deployments deployments, Failure failure) {
        if (failure.kind() == FailureKind.UNAUTHORIZED || failure.kind() == FailureKind.ACCOUNT_BLOCKED) {
            throw new FireworksException(
                    Reason.NOT_ALLOWED,
                    "deployment " + id + " could not be asked: " + failure.describe(),
                    "check the key and the account");
        }
        try {
            Deployment now = deployments.get(id);
            if (now.isGone()) {
                throw new FireworksException(
                        Reason.GONE,
                        "deployment " + id + " is " + now.state() + ": " + now.message(),
                        "create another");
            }
            if (now.max() == 0) {
                throw new FireworksException(
                        Reason.FAILED,
                        "deployment " + id + " is parked: it may have no replicas",
                        "raise its maximum first");
            }
        } catch (FireworksException no) {
            if (!no.isTransient()) {
                throw no;
            }
        }
    }
}
