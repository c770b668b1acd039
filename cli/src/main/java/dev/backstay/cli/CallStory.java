package dev.backstay.cli;

import dev.backstay.ledger.CallRecord;
import dev.backstay.ledger.Moment;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The life of a call for people: it fits on a screen, whatever happened to the call. */
final class CallStory {

    /** Attempts told one by one at the beginning, and again at the end; those between are summed up. */
    static final int TOLD_EACH_SIDE = 4;

    private static final Set<String> PHASES =
            Set.of("resolving", "connecting", "securing", "sending", "awaiting", "streaming");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd HH:mm:ss.SSS 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final String INDENT = " ".repeat(15);
    private static final int NAME_LIMIT = 90;

    private final CallRecord call;
    private final List<String> lines = new ArrayList<>();
    private final List<String> journey = new ArrayList<>();

    private CallStory(CallRecord call) {
        this.call = call;
    }

    static String of(CallRecord call) {
        return new CallStory(call).tell();
    }

    private String tell() {
        head();
        int last = call.life().stream().mapToInt(Moment::attempt).max().orElse(0);
        List<Integer> numbers = call.life().stream()
                .map(Moment::attempt)
                .filter(number -> number > 0)
                .distinct()
                .toList();
        boolean many = numbers.size() > 2 * TOLD_EACH_SIDE + 1;
        int from = many ? numbers.get(TOLD_EACH_SIDE) : Integer.MAX_VALUE;
        int until = many ? numbers.get(numbers.size() - TOLD_EACH_SIDE) : last + 1;
        List<Moment> between = new ArrayList<>();
        int current = 0;
        for (Moment each : call.life()) {
            current = each.attempt() > 0 ? each.attempt() : current;
            if (current >= from && current < until && !each.what().equals("end")) {
                between.add(each);
                continue;
            }
            if (!between.isEmpty()) {
                sumUp(between);
                between.clear();
            }
            line(each);
        }
        return String.join("\n", lines);
    }

    private void head() {
        lines.add(call.id() + "  " + (call.operation().isEmpty() ? "request" : call.operation()) + "  "
                + shortened(call.host() + "/" + call.model()) + (call.streamed() ? ", streamed" : "") + ", workload "
                + call.workload());
        lines.add("arrived " + TIME.format(Instant.ofEpochMilli(call.arrivedMs())) + ", took "
                + time(call.tookMs() * 1_000)
                + (call.firstEventMs() >= 0 ? ", first token after " + time(call.firstEventMs() * 1_000) : "")
                + ", attempts: " + call.attempts()
                + (call.promptTokens() + call.completionTokens() > 0
                        ? ", tokens: " + call.promptTokens() + " + " + call.completionTokens()
                        : ""));
        lines.add(call.succeeded() ? "SUCCEEDED" : "FAILED  " + call.message());
        lines.add("");
    }

    private void line(Moment each) {
        if (PHASES.contains(each.what())) {
            journey.add(each.what() + " " + time(each.tookMicros()));
            if (!each.text().isEmpty()) {
                journey.add("(" + each.text() + ")");
            }
            return;
        }
        if (!journey.isEmpty()) {
            lines.add(INDENT + String.join(" › ", journey).replace(" › (", " ("));
            journey.clear();
        }
        String at = String.format(Locale.ROOT, "%10.3f s  ", each.atMicros() / 1e6);
        lines.add(at
                + switch (each.what()) {
                    case "attempt" -> "attempt " + each.attempt() + "  " + shortened(each.text());
                    case "wait" -> "wait " + time(each.tookMicros()) + "  " + each.text();
                    case "failed" -> "✗ " + each.text();
                    case "completed" -> "✓ completed " + each.text();
                    default -> each.text();
                });
    }

    private void sumUp(List<Moment> between) {
        Map<String, Long> endings = between.stream()
                .filter(each -> each.what().equals("failed") || each.what().equals("completed"))
                .collect(Collectors.groupingBy(
                        each -> each.what().equals("completed")
                                ? "completed"
                                : each.text().split(" ", 2)[0],
                        TreeMap::new,
                        Collectors.counting()));
        long attempts =
                between.stream().filter(each -> each.what().equals("attempt")).count();
        long waited = between.stream()
                .filter(each -> each.what().equals("wait"))
                .mapToLong(Moment::tookMicros)
                .sum();
        String words = endings.entrySet().stream()
                .map(each -> each.getValue() + " × " + each.getKey())
                .collect(Collectors.joining(", "));
        lines.add(INDENT + "… " + attempts + " more attempts: " + words + "; waits between them: " + time(waited)
                + " (all of it: --json)");
    }

    private static String shortened(String name) {
        return name.length() <= NAME_LIMIT ? name : name.substring(0, NAME_LIMIT - 1) + "…";
    }

    /** As people read it: two or three digits and a unit. */
    static String time(long micros) {
        if (micros < 1_000) {
            return micros + " µs";
        }
        if (micros < 1_000_000) {
            return micros / 1_000 + " ms";
        }
        if (micros < 60_000_000) {
            return String.format(Locale.ROOT, "%.1f s", micros / 1e6);
        }
        long seconds = micros / 1_000_000;
        return seconds / 60 + " min " + seconds % 60 + " s";
    }
}
