package dev.backstay.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.ledger.AddressTally;
import dev.backstay.ledger.AttemptTally;
import dev.backstay.ledger.ProviderRate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is said of two counts, in words and in numbers. */
class ReconciliationTest {

    private static final long NOON = Instant.parse("2026-11-22T14:00:00Z").toEpochMilli();
    private static final long MINUTE = 60_000;
    private static final long HOUR = 60 * MINUTE;

    private static AttemptTally ours(
            int minute, String outcome, String phase, String acknowledged, int status, long attempts) {
        return new AttemptTally(
                NOON + minute * MINUTE,
                "api.test:443",
                "accounts/a/deployments/chat",
                outcome,
                phase,
                acknowledged,
                status,
                attempts,
                0,
                0,
                0);
    }

    private static AddressTally tried(String address, String answer, long tries) {
        return new AddressTally(NOON, "api.test:443", address + ":443", answer, tries);
    }

    private static Optional<ProviderCount> theirs(double perSecond) {
        return theirs(perSecond, 0);
    }

    private static Optional<ProviderCount> theirs(double perSecond, double turnedAway) {
        List<ProviderRate> rates = new ArrayList<>();
        for (int i = 1; i <= 60; i++) {
            rates.add(new ProviderRate(NOON + i * MINUTE, "a", "chat", ProviderRate.ALL, perSecond));
            if (turnedAway > 0) {
                rates.add(new ProviderRate(NOON + i * MINUTE, "a", "chat", "429", turnedAway));
            }
        }
        return ProviderCount.of(rates, NOON);
    }

    private static Reconciliation reconciled(
            List<AttemptTally> ours, List<AddressTally> tried, Optional<ProviderCount> theirs) {
        return Reconciliation.of(NOON, NOON + HOUR, ours, tried, theirs);
    }

    private static String words(Reconciliation found) {
        return Verdict.of(found, "Fireworks");
    }

    @Test
    void what_died_on_the_way_is_told_from_what_the_provider_refused() {
        Reconciliation found = reconciled(
                List.of(
                        ours(1, "completed", "done", "yes", 0, 60_000),
                        ours(2, "connect_timeout", "connecting", "no", 0, 200),
                        ours(8, "connect_timeout", "connecting", "no", 0, 161),
                        ours(5, "dns_failed", "resolving", "no", 0, 14),
                        ours(5, "overloaded", "awaiting", "yes", 503, 37),
                        ours(6, "cancelled", "streaming", "yes", 0, 55)),
                List.of(
                        tried("10.0.0.1", "connected", 900),
                        tried("10.0.0.2", "connected", 900),
                        tried("10.0.0.3", "silent", 180),
                        tried("10.0.0.4", "silent", 181),
                        tried("10.0.0.5", "connected", 9),
                        tried("10.0.0.6", "connected", 9),
                        tried("10.0.0.6", "refused", 1)),
                theirs(60_092 / 3600.0));
        assertThat(found.attempts()).isEqualTo(60_467);
        assertThat(found.reached()).isEqualTo(60_092);
        assertThat(found.failed()).isEqualTo(412);
        assertThat(words(found))
                .startsWith("412 of 60,467 attempts failed on our side; 37 of them reached Fireworks."
                        + " 361 of the other 375 died in CONNECTING (connect_timeout)"
                        + " to 2 of 6 addresses (10.0.0.3:443, 10.0.0.4:443) between 14:02 and 14:09,"
                        + " so Fireworks cannot have seen them: check firewalls and the network path.")
                .endsWith(" The books agree: Fireworks counted 60,092, give or take 4,807.");
        assertThat(found.isSuspicious()).isTrue();
    }

    @Test
    void a_healthy_hour_raises_no_alarm() {
        Reconciliation found = reconciled(
                List.of(
                        ours(1, "completed", "done", "yes", 0, 36_000),
                        ours(2, "cancelled", "awaiting", "unknown", 0, 9)),
                List.of(tried("10.0.0.1", "connected", 12)),
                theirs(10));
        assertThat(found.books()).isEqualTo(Reconciliation.Books.AGREE);
        assertThat(found.isSuspicious()).isFalse();
        assertThat(words(found))
                .isEqualTo(
                        "Nothing failed: 36,009 attempts. The books agree: Fireworks counted 36,000, give or take 2,880.");
        assertThat(reconciled(List.of(), List.of(), Optional.empty()).isSuspicious())
                .isFalse();
    }

    @Test
    void an_outage_of_the_provider_is_not_our_fault() {
        Reconciliation found = reconciled(
                List.of(
                        ours(1, "completed", "done", "yes", 0, 1_000),
                        ours(30, "server_error", "awaiting", "yes", 500, 500)),
                List.of(),
                theirs(1_500 / 3600.0));
        assertThat(found.isSuspicious()).isFalse();
        assertThat(words(found))
                .contains("500 of 1,500 attempts failed, and all of them reached Fireworks.")
                .contains("most (500) were server_error in AWAITING between 14:30 and 14:31")
                .doesNotContain("died in");
    }

    @Test
    void books_that_do_not_agree_are_told_of() {
        List<AttemptTally> ours = List.of(ours(1, "completed", "done", "yes", 0, 36_000));
        assertThat(words(reconciled(ours, List.of(), theirs(5)))).contains("fewer than were answered");
        assertThat(words(reconciled(ours, List.of(), theirs(20)))).contains("36,000 more than we sent: somebody else");
        assertThat(words(reconciled(ours, List.of(), Optional.empty()))).contains("is not known");
    }

    @Test
    void a_dead_address_of_another_host_is_not_blamed() {
        Reconciliation found = reconciled(
                List.of(ours(1, "connect_failed", "connecting", "no", 0, 5)),
                List.of(
                        tried("10.0.0.1", "refused", 5),
                        new AddressTally(NOON, "elsewhere.test:443", "10.9.9.9:443", "silent", 500)),
                Optional.empty());
        assertThat(found.deadAddresses()).containsExactly("10.0.0.1:443");
        assertThat(found.addresses()).isEqualTo(1);
    }

    @Test
    void of_what_nobody_knows_the_provider_may_have_seen_any_number() {
        List<AttemptTally> ours = List.of(
                ours(1, "completed", "done", "yes", 0, 30_000),
                ours(2, "connection_lost", "awaiting", "unknown", 0, 6_000));
        for (double theirs : new double[] {30_000, 33_000, 36_000}) {
            assertThat(reconciled(ours, List.of(), theirs(theirs / 3600)).books())
                    .isEqualTo(Reconciliation.Books.AGREE);
        }
    }

    @Test
    void a_gap_between_readings_is_not_filled_with_guesses() {
        ProviderCount count = ProviderCount.of(
                        List.of(
                                new ProviderRate(NOON + MINUTE, "a", "chat", ProviderRate.ALL, 10),
                                new ProviderRate(NOON + 30 * MINUTE, "a", "chat", ProviderRate.ALL, 10)),
                        NOON)
                .orElseThrow();
        assertThat(count.requests()).isEqualTo(600 + 1_200);
        assertThat(count.readings()).isEqualTo(2);
        assertThat(ProviderCount.of(List.of(), NOON)).isEmpty();
    }

    @Test
    void what_the_provider_turned_away_it_may_have_counted_or_not() {
        List<AttemptTally> ours = List.of(
                ours(1, "completed", "done", "yes", 0, 36_000), ours(2, "rate_limited", "awaiting", "yes", 429, 9_000));
        assertThat(words(reconciled(ours, List.of(), theirs(10, 2.5))))
                .endsWith("The books agree: Fireworks counted 36,000 and turned 9,000 away, give or take 2,880.");
        assertThat(words(reconciled(ours, List.of(), theirs(12.5, 2.5))))
                .endsWith("The books agree: Fireworks counted 45,000 and turned 9,000 away, give or take 3,600.");
        assertThat(words(reconciled(ours, List.of(), theirs(10)))).contains("Fireworks counted 9,000 fewer");
    }
}
