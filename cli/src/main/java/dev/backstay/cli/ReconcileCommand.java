package dev.backstay.cli;

import dev.backstay.client.Provider;
import dev.backstay.diagnosis.Losses;
import dev.backstay.diagnosis.ProviderCount;
import dev.backstay.diagnosis.ProviderMeter;
import dev.backstay.diagnosis.Reconciliation;
import dev.backstay.diagnosis.TokenBooks;
import dev.backstay.diagnosis.Verdict;
import dev.backstay.fireworks.FireworksClient;
import dev.backstay.ledger.AttemptTally;
import dev.backstay.ledger.Ledger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What we counted beside what the provider counted. */
@Command(
        name = "reconcile",
        description = {
            "What we counted beside what the provider counted, and whose fault the difference is.",
            "Exit code 0 if nothing died before the provider and the counts agree, 1 if there is something to do."
        },
        mixinStandardHelpOptions = true)
final class ReconcileCommand implements Callable<Integer> {

    private static final long MINUTE = 60_000;
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

    @Mixin
    private FireworksDoor door = new FireworksDoor();

    @Option(names = "--deployment", paramLabel = "ID", description = "Only this deployment; its metrics are compared.")
    private @Nullable String deployment;

    @Option(names = "--model", paramLabel = "MODEL", description = "Only attempts that asked for this model.")
    private @Nullable String model;

    @Option(names = "--since", paramLabel = "TIME", description = "How far back: 15m, 1h, 1d. Default: 1h")
    private String since = "1h";

    @Option(
            names = "--serverless",
            description = "Compares tokens of serverless models, by UTC day, with what the platform has metered.")
    private boolean serverless;

    @Option(
            names = "--follow",
            paramLabel = "TIME",
            description =
                    "First reads the deployment's exported metrics twice a minute for so long, and keeps what they say.")
    private @Nullable String follow;

    @Override
    public Integer call() throws Exception {
        Duration back = FireworksDoor.time("--since", since);
        try (Ledger ledger = door.existingLedger()) {
            if (serverless) {
                return tokens(ledger, back);
            }
            Instant begun = Instant.now();
            if (follow != null) {
                follow(ledger, FireworksDoor.time("--follow", follow));
            }
            long until = (Instant.now().toEpochMilli() / MINUTE + 1) * MINUTE;
            Instant first = follow != null ? begun : Instant.now().minus(back);
            long from = first.toEpochMilli() / MINUTE * MINUTE;
            List<AttemptTally> ours = ledger.tallies().attempts(from, until).stream()
                    .filter(this::isMeant)
                    .toList();
            String provider = provider(ours);
            Reconciliation found = Reconciliation.of(
                    from,
                    until,
                    ours,
                    ledger.tallies().addresses(from, until),
                    deployment == null
                            ? Optional.empty()
                            : ProviderCount.of(ledger.providerRates().of(deployment, from, until), from));
            return door.print(result(found, provider), text(found, provider), found.isSuspicious() ? 1 : 0);
        }
    }

    private int tokens(Ledger ledger, Duration back) throws Exception {
        if (deployment != null || follow != null) {
            throw new IllegalArgumentException(
                    "--serverless is of models that run on no deployment of yours: leave out --deployment"
                            + " and --follow");
        }
        LocalDate first = LocalDate.ofInstant(Instant.now().minus(back), ZoneOffset.UTC);
        LocalDate until = LocalDate.now(ZoneOffset.UTC).plusDays(1);
        try (FireworksClient client = door.open()) {
            TokenBooks books = TokenBooks.of(
                    ledger.tallies().attempts(millis(first), millis(until)).stream()
                            .filter(this::isMeant)
                            .filter(row -> door.isAtFireworks(row.host()))
                            .toList(),
                    client.usage().days(first, until).stream()
                            .filter(row -> model == null || TokenBooks.isSame(row.model(), model))
                            .toList());
            StringBuilder text = new StringBuilder(String.format(
                    Locale.ROOT,
                    "%s until %s UTC%n%n%-34s %15s %15s%n",
                    first,
                    until,
                    "tokens, prompt + generated",
                    "told us",
                    "metered"));
            for (TokenBooks.Model each : books.models()) {
                text.append(String.format(
                        Locale.ROOT,
                        "  %-32s %,15d %,15d%n",
                        each.name(),
                        each.ourPrompt() + each.ourCompletion(),
                        each.theirPrompt() + each.theirCompletion()));
            }
            String verdict = books.verdict("Fireworks");
            return door.print(
                    Map.of("verdict", verdict, "counts", books),
                    text.append('\n').append(verdict).toString(),
                    books.isSuspicious() ? 1 : 0);
        }
    }

    private static long millis(LocalDate day) {
        return day.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
    }

    /** Who was asked, by the name that people use. */
    private static String provider(List<AttemptTally> ours) {
        Set<String> names = ours.stream()
                .map(AttemptTally::host)
                .map(host -> Provider.at(URI.create("https://" + host)) == Provider.FIREWORKS ? "Fireworks" : host)
                .collect(Collectors.toSet());
        return names.isEmpty()
                ? "Fireworks"
                : names.size() == 1 ? names.iterator().next() : "the providers";
    }

    private boolean isMeant(AttemptTally row) {
        boolean ofModel = model == null || row.model().equals(model);
        return ofModel && (deployment == null || row.model().endsWith("deployments/" + deployment));
    }

    private void follow(Ledger ledger, Duration time) throws Exception {
        if (deployment == null) {
            throw new IllegalArgumentException(
                    "--follow needs --deployment: there are no exported metrics of anything else");
        }
        try (FireworksClient client = door.open()) {
            long until = System.nanoTime() + time.toNanos();
            do {
                long now = Instant.now().toEpochMilli();
                if (ProviderMeter.keep(client, ledger, Set.of(deployment), now).isEmpty()) {
                    throw new IllegalArgumentException(
                            "the exported metrics do not know the deployment '" + deployment + "'");
                }
                TimeUnit.NANOSECONDS.sleep(
                        Math.max(0, Math.min(Duration.ofSeconds(30).toNanos(), until - System.nanoTime())));
            } while (until - System.nanoTime() > 0);
        }
    }

    private static Map<String, Object> result(Reconciliation found, String provider) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("books", found.books().name().toLowerCase(Locale.ROOT));
        result.put("verdict", Verdict.of(found, provider));
        result.put("counts", found);
        return result;
    }

    private String text(Reconciliation found, String provider) {
        StringBuilder text = new StringBuilder();
        text.append(CLOCK.format(Instant.ofEpochMilli(found.fromMs())))
                .append(" to ")
                .append(CLOCK.format(Instant.ofEpochMilli(found.untilMs())))
                .append(" UTC")
                .append(deployment == null ? "" : ", deployment " + deployment)
                .append(model == null ? "" : ", model " + model)
                .append(String.format(Locale.ROOT, "%n%n%-34s %12s   %s%n", "attempts", "ours", "Fireworks'"));
        line(text, "reached the provider", found.reached(), theirs(found));
        line(text, "sent, and nobody knows", found.unknown(), "");
        line(text, "never reached it", found.neverSent(), "");
        text.append('\n');
        found.before().forEach(each -> losses(text, "before it", each));
        found.after().forEach(each -> losses(text, "at it or after", each));
        return text.append(found.before().isEmpty() && found.after().isEmpty() ? "" : "\n")
                .append(Verdict.of(found, provider))
                .toString();
    }

    private static String theirs(Reconciliation found) {
        return found.theirs()
                .map(count -> String.format(
                        Locale.ROOT, "%,.0f ± %,.0f (%d readings)", count.requests(), count.band(), count.readings()))
                .orElse("not known");
    }

    private static void line(StringBuilder text, String what, long ours, String theirs) {
        text.append(String.format(Locale.ROOT, "  %-32s %,12d   %s", what, ours, theirs)
                        .stripTrailing())
                .append('\n');
    }

    private static void losses(StringBuilder text, String where, Losses each) {
        text.append(String.format(
                Locale.ROOT,
                "  failed %-15s %,10d  %s while %s%n",
                where,
                each.attempts(),
                each.kind().label(),
                each.phase()));
    }
}
