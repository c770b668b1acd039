package dev.backstay.diagnosis;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.FailureKind;
import dev.backstay.ledger.AddressTally;
import dev.backstay.ledger.AttemptTally;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What we counted beside what the provider counted, in one window. Ours is exact: every attempt is in one of three, and those that
 * failed are told apart by how and where. Attempts that we gave up ourselves (a caller left, another attempt was faster) did not fail.
 *
 * <p>Immutable. Made without I/O.
 *
 * @param fromMs the beginning of the window, in milliseconds since 1970
 * @param untilMs its end
 * @param attempts all of ours that ended in it
 * @param reached those that the server saw
 * @param unknown those that nobody knows of: they were sent, and no word came back
 * @param neverSent those that never reached it
 * @param failedAndReached those that failed, and that the server saw
 * @param failedAndUnknown those that failed, and nobody knows whether the server saw them
 * @param failedBefore those that failed before the server could see them
 * @param before these, by how and where, the most frequent first
 * @param after the other failures, by how and where, the most frequent first
 * @param deadAddresses addresses that were tried and did not take a single connection
 * @param addresses how many addresses were tried
 * @param theirs what the provider counted, if anybody asked it
 */
public record Reconciliation(
        long fromMs,
        long untilMs,
        long attempts,
        long reached,
        long unknown,
        long neverSent,
        long failedAndReached,
        long failedAndUnknown,
        long failedBefore,
        List<Losses> before,
        List<Losses> after,
        List<String> deadAddresses,
        int addresses,
        Optional<ProviderCount> theirs) {

    private static final long MINUTE = 60_000;

    /**
     * Holds them beside each other.
     *
     * @param tried addresses; those of hosts that none of our attempts asked say nothing here
     */
    public static Reconciliation of(
            long fromMs,
            long untilMs,
            List<AttemptTally> ours,
            List<AddressTally> tried,
            Optional<ProviderCount> theirs) {
        long[] seen = new long[Acknowledged.values().length];
        long[] failed = new long[Acknowledged.values().length];
        List<AttemptTally> lost = new ArrayList<>();
        for (AttemptTally row : ours) {
            Acknowledged acknowledged = Acknowledged.valueOf(row.acknowledged().toUpperCase(Locale.ROOT));
            seen[acknowledged.ordinal()] += row.attempts();
            if (isFailure(row)) {
                failed[acknowledged.ordinal()] += row.attempts();
                lost.add(row);
            }
        }
        int no = Acknowledged.NO.ordinal();
        int yes = Acknowledged.YES.ordinal();
        int unknown = Acknowledged.UNKNOWN.ordinal();
        Set<String> hosts = ours.stream().map(AttemptTally::host).collect(Collectors.toSet());
        List<AddressTally> meant =
                tried.stream().filter(row -> hosts.contains(row.host())).toList();
        Map<String, Long> connected = connections(meant, true);
        Map<String, Long> dead = connections(meant, false);
        Set<String> all = new TreeSet<>(dead.keySet());
        all.addAll(connected.keySet());
        return new Reconciliation(
                fromMs,
                untilMs,
                seen[no] + seen[yes] + seen[unknown],
                seen[yes],
                seen[unknown],
                seen[no],
                failed[yes],
                failed[unknown],
                failed[no],
                losses(lost.stream().filter(row -> isBefore(row)).toList()),
                losses(lost.stream().filter(row -> !isBefore(row)).toList()),
                dead.keySet().stream()
                        .filter(address -> !connected.containsKey(address))
                        .sorted()
                        .toList(),
                all.size(),
                theirs);
    }

    private static boolean isFailure(AttemptTally row) {
        return !row.outcome().equals(AttemptTally.COMPLETED) && !row.outcome().equals(FailureKind.CANCELLED.label());
    }

    private static boolean isBefore(AttemptTally row) {
        return row.acknowledged().equals(Acknowledged.NO.label());
    }

    private static Map<String, Long> connections(List<AddressTally> tried, boolean good) {
        Map<String, Long> tries = new LinkedHashMap<>();
        for (AddressTally row : tried) {
            if (row.answer().equals("connected") == good) {
                tries.merge(row.address(), row.tries(), Long::sum);
            }
        }
        return tries;
    }

    private static List<Losses> losses(List<AttemptTally> rows) {
        Map<String, Losses> byWay = new LinkedHashMap<>();
        for (AttemptTally row : rows) {
            FailureKind kind = FailureKind.valueOf(row.outcome().toUpperCase(Locale.ROOT));
            byWay.merge(
                    row.outcome() + " " + row.phase(),
                    new Losses(kind, row.phase(), row.attempts(), row.minuteMs(), row.minuteMs() + MINUTE),
                    (one, other) -> new Losses(
                            kind,
                            row.phase(),
                            one.attempts() + other.attempts(),
                            Math.min(one.fromMs(), other.fromMs()),
                            Math.max(one.untilMs(), other.untilMs())));
        }
        return byWay.values().stream()
                .sorted(Comparator.comparingLong(Losses::attempts).reversed())
                .toList();
    }

    /** All attempts that failed. */
    public long failed() {
        return failedAndReached + failedAndUnknown + failedBefore;
    }

    /** How the two counts stand to each other. */
    public enum Books {
        /** The provider's count is not known. */
        ONLY_OURS,
        /** They agree within the band. */
        AGREE,
        /** The provider counted fewer than reached it: something between answers for it, or its metrics lag. */
        FEWER_THERE,
        /** The provider counted more than we sent: somebody else uses it. */
        MORE_THERE
    }

    /**
     * How the two counts stand to each other. Of those that nobody knows of it may have seen any number, and those that it turned away it
     * may have counted or not.
     */
    public Books books() {
        if (theirs.isEmpty()) {
            return Books.ONLY_OURS;
        }
        double count = theirs.get().requests();
        double band = theirs.get().band();
        if (count + theirs.get().turnedAway() + band < reached) {
            return Books.FEWER_THERE;
        }
        return count - band > reached + unknown ? Books.MORE_THERE : Books.AGREE;
    }

    /** Whether there is something to do: attempts that died before the provider, or books that do not agree. */
    public boolean isSuspicious() {
        return failedBefore > 0 || books() == Books.FEWER_THERE || books() == Books.MORE_THERE;
    }
}
