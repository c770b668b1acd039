package dev.backstay.diagnosis;

import dev.backstay.core.Phase;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** A {@link Reconciliation} in words: what happened, whose fault it is, what to do. */
public final class Verdict {

    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final int ADDRESSES_NAMED = 4;

    private Verdict() {}

    /** What to say of it, in a few sentences. */
    public static String of(Reconciliation found, String provider) {
        StringBuilder words = new StringBuilder();
        if (found.attempts() == 0) {
            words.append("No attempt of ours ended in this window.");
        } else if (found.failed() == 0) {
            words.append(String.format(Locale.ROOT, "Nothing failed: %,d attempts.", found.attempts()));
        } else {
            failures(found, provider, words);
        }
        books(found, provider, words);
        return words.toString();
    }

    private static void failures(Reconciliation found, String provider, StringBuilder words) {
        boolean all = found.failedAndReached() == found.failed();
        words.append(String.format(
                Locale.ROOT,
                all
                        ? "%1$,d of %2$,d attempts failed, and all of them reached %4$s"
                        : "%1$,d of %2$,d attempts failed on our side; %3$,d of them reached %4$s",
                found.failed(),
                found.attempts(),
                found.failedAndReached(),
                provider));
        if (found.failedAndUnknown() > 0) {
            words.append(String.format(Locale.ROOT, ", and of %,d nobody knows", found.failedAndUnknown()));
        }
        words.append('.');
        if (found.failedBefore() > 0) {
            Losses most = found.before().get(0);
            words.append(
                    most.attempts() == found.failedBefore()
                            ? String.format(Locale.ROOT, " The other %,d", most.attempts())
                            : String.format(
                                    Locale.ROOT, " %,d of the other %,d", most.attempts(), found.failedBefore()));
            words.append(String.format(
                    Locale.ROOT,
                    " died in %s (%s)%s between %s and %s, so %s cannot have seen them: %s.",
                    most.phase().toUpperCase(Locale.ROOT),
                    most.kind().label(),
                    most.phase().equals(Phase.CONNECTING.label()) ? addresses(found) : "",
                    CLOCK.format(Instant.ofEpochMilli(most.fromMs())),
                    CLOCK.format(Instant.ofEpochMilli(most.untilMs())),
                    provider,
                    most.kind().advice()));
        }
        if (!found.after().isEmpty()) {
            Losses most = found.after().get(0);
            words.append(String.format(
                    Locale.ROOT,
                    " Of those that left, most (%,d) were %s in %s between %s and %s: %s.",
                    most.attempts(),
                    most.kind().label(),
                    most.phase().toUpperCase(Locale.ROOT),
                    CLOCK.format(Instant.ofEpochMilli(most.fromMs())),
                    CLOCK.format(Instant.ofEpochMilli(most.untilMs())),
                    most.kind().advice()));
        }
    }

    private static String addresses(Reconciliation found) {
        int dead = found.deadAddresses().size();
        if (dead == 0 || found.addresses() == 0) {
            return "";
        }
        String names = dead > ADDRESSES_NAMED
                ? String.join(", ", found.deadAddresses().subList(0, ADDRESSES_NAMED)) + ", …"
                : String.join(", ", found.deadAddresses());
        return " to " + dead + " of " + found.addresses() + " addresses (" + names + ")";
    }

    private static void books(Reconciliation found, String provider, StringBuilder words) {
        long difference =
                Math.round(Math.abs(found.theirs().map(ProviderCount::requests).orElse(0.0) - found.reached()));
        switch (found.books()) {
            case ONLY_OURS ->
                words.append(" What ")
                        .append(provider)
                        .append(" counted is not known: nobody asked it in this window.");
            case AGREE ->
                words.append(String.format(
                        Locale.ROOT,
                        " The books agree: %s counted %,.0f, give or take %,.0f.",
                        provider,
                        found.theirs().orElseThrow().requests(),
                        found.theirs().orElseThrow().band()));
            case FEWER_THERE ->
                words.append(String.format(
                        Locale.ROOT,
                        " %s counted %,d fewer than were answered: something between answers for it (a proxy, a load"
                                + " balancer), or its metrics lag.",
                        provider,
                        difference));
            case MORE_THERE ->
                words.append(String.format(
                        Locale.ROOT,
                        " %s counted %,d more than we sent: somebody else uses it, or another gateway writes to another"
                                + " ledger.",
                        provider,
                        difference));
        }
    }
}
