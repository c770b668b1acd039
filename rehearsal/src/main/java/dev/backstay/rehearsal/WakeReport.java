package dev.backstay.rehearsal;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The wake-up drill, played by each kind of caller, as a table.
 *
 * @param alone each caller for itself
 * @param patient calls of the engine that wait five minutes
 * @param hasty calls of the engine that wait one minute
 * @param fallback hasty ones that have a second target
 */
record WakeReport(
        WakeDrill.Outcome alone, WakeDrill.Outcome patient, WakeDrill.Outcome hasty, WakeDrill.Outcome fallback) {

    static WakeReport play(long seed) {
        return new WakeReport(
                WakeDrill.alone(seed),
                WakeDrill.backstay(seed, Duration.ofSeconds(300), false),
                WakeDrill.backstay(seed, Duration.ofSeconds(60), false),
                WakeDrill.backstay(seed, Duration.ofSeconds(60), true));
    }

    Drill.Report report() {
        StringBuilder text = new StringBuilder("wake-up: " + Drill.WAKE_UP.title() + "\n\n");
        text.append(Drill.row("%-38s %6s %7s %15s %9s", "", "calls", "failed", "asked in vain", "p50 s"));
        List.of(alone, patient, hasty, fallback)
                .forEach(each -> text.append(Drill.row(
                        "%-38s %6d %7d %15d %9.1f",
                        each.who(), each.calls(), each.failed(), each.askedWhileBooting(), each.p50Seconds())));
        text.append(
                "\nAsked in vain: requests that met the deployment before it served; the first of them starts it.\n");
        return new Drill.Report(text.toString(), Optional.empty());
    }
}
