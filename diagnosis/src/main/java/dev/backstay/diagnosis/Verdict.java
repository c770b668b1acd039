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
        if (found.failedBefore() == 0 && !found.deadAddresses().isEmpty()) {
            words.append(" No connection")
                    .append(addresses(found))
                    .append(" was taken; nothing failed for it, because others were tried.");
        }
        books(found, provider, words);
        return words.toString();
    }

    private static void failures(Reconciliation found, String provider, StringBuilder words) {
        boolean all = found.failedAndReached() == found.failed();
        boolean none = found.failedAndReached() == 0;
        words.append(String.format(
                Locale.ROOT,
                all
                        ? "%1$,d of %2$,d attempts failed, and all of them reached %4$s"
                        : "%1$,d of %2$,d attempts failed on our side; " + (none ? "none" : "%3$,d")
                                + " of them reached %4$s",
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
                            ? String.format(
                                    Locale.ROOT,
                                    most.attempts() == found.failed() ? " All %,d" : " The other %,d",
                                    most.attempts())
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
        double counted = found.theirs().map(ProviderCount::requests).orElse(0.0);
        double turnedAway = found.theirs().map(ProviderCount::turnedAway).orElse(0.0);
        switch (found.books()) {
            case ONLY_OURS ->
                words.append(" What ")
                        .append(provider)
                        .append(" counted is not known: nobody asked it in this window.");
            case AGREE ->
                words.append(String.format(
                        Locale.ROOT,
                        " The books agree: %s counted %,.0f%s, give or take %,.0f.",
                        provider,
                        counted,
                        turnedAway < 1 ? "" : String.format(Locale.ROOT, " and turned %,.0f away", turnedAway),
                        found.theirs().orElseThrow().band()));
            case FEWER_THERE ->
                words.append(String.format(
                        Locale.ROOT,
                        " %s counted %,d fewer than were answered: something between answers for it (a proxy, a load"
                                + " balancer), or its metrics lag.",
                        provider,
                        found.reached() - Math.round(counted + turnedAway)));
            case MORE_THERE ->
                words.append(String.format(
                        Locale.ROOT,
                        " %s counted %,d more than we sent: somebody else uses it, or another gateway writes to another"
                                + " ledger.",
                        provider,
                        Math.round(counted) - found.reached() - found.unknown()));
        }
    }
}
