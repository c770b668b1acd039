package dev.backstay.cli;

import dev.backstay.simulator.Tally;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Two columns side by side, for people. */
record ReplayTable(String title, Tally.Column direct, Tally.Column backstay) {

    String text() {
        StringBuilder text = new StringBuilder(title).append("\n\n");
        row(text, "", "direct", "Backstay");
        row(text, "succeeded", "%.2f %%", direct.successPercent(), backstay.successPercent());
        row(
                text,
                "failed calls",
                count(direct.calls() - direct.succeeded()),
                count(backstay.calls() - backstay.succeeded()));
        row(text, "attempts per call", "%.3f", direct.attemptsPerCall(), backstay.attemptsPerCall());
        row(text, "p50 of successes", "%.2f s", direct.p50Millis() / 1e3, backstay.p50Millis() / 1e3);
        row(text, "p99 of successes", "%.2f s", direct.p99Millis() / 1e3, backstay.p99Millis() / 1e3);
        row(text, "tokens billed in vain", count(direct.duplicateTokens()), count(backstay.duplicateTokens()));
        failures(text);
        return text.toString();
    }

    private void failures(StringBuilder text) {
        Map<String, long[]> byPlace = new LinkedHashMap<>();
        for (Tally.Failures failures : direct.failures()) {
            byPlace.computeIfAbsent(place(failures), p -> new long[2])[0] = failures.count();
        }
        for (Tally.Failures failures : backstay.failures()) {
            byPlace.computeIfAbsent(place(failures), p -> new long[2])[1] = failures.count();
        }
        if (!byPlace.isEmpty()) {
            text.append("\nfailed calls, by where the last attempt died and whether the provider saw it\n");
            byPlace.forEach((place, counts) -> row(text, "  " + place, count(counts[0]), count(counts[1])));
        }
    }

    private static String place(Tally.Failures failures) {
        return failures.phase() + ", " + failures.acknowledged();
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static void row(StringBuilder text, String name, String format, double left, double right) {
        row(text, name, String.format(Locale.ROOT, format, left), String.format(Locale.ROOT, format, right));
    }

    private static void row(StringBuilder text, String name, String left, String right) {
        text.append(String.format(Locale.ROOT, "%-24s %14s %14s%n", name, left, right));
    }
}
