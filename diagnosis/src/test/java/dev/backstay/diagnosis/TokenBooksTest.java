package dev.backstay.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.fireworks.ServerlessUsage;
import dev.backstay.ledger.AttemptTally;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is said of tokens that we were told, beside those that were metered. */
class TokenBooksTest {

    private static final LocalDate DAY = LocalDate.parse("2026-11-22");

    private static AttemptTally ours(String outcome, String acknowledged, int status, long attempts, long tokens) {
        return new AttemptTally(
                0,
                "api",
                "accounts/fireworks/models/demo",
                outcome,
                "done",
                acknowledged,
                status,
                attempts,
                tokens,
                0,
                0);
    }

    private static ServerlessUsage.Row theirs(long tokens) {
        return new ServerlessUsage.Row("accounts/fireworks/models/demo", DAY, tokens - 10, 10);
    }

    @Test
    void answers_that_broke_were_metered_all_the_same() {
        List<AttemptTally> ours = List.of(
                ours("completed", "yes", 0, 1_000, 100_000),
                ours("stream_cut", "yes", 0, 50, 0),
                ours("connect_timeout", "no", 0, 900, 0),
                ours("overloaded", "yes", 503, 900, 0));
        TokenBooks books = TokenBooks.of(ours, List.of(theirs(104_000)));
        assertThat(books.silent()).isEqualTo(50);
        assertThat(books.band()).isEqualTo(7_000);
        assertThat(books.isSuspicious()).isFalse();
        assertThat(books.verdict("Fireworks"))
                .isEqualTo(
                        "The books agree: Fireworks metered 104,000 tokens, we were told 100,000, and 50 attempts that"
                                + " left told nothing.");
    }

    @Test
    void somebody_else_pays_with_the_account() {
        TokenBooks books =
                TokenBooks.of(List.of(ours("completed", "yes", 0, 1_000, 100_000)), List.of(theirs(150_000)));
        assertThat(books.isSuspicious()).isTrue();
        assertThat(books.verdict("Fireworks")).startsWith("Fireworks metered 50,000 tokens more");
    }

    @Test
    void metering_lags() {
        TokenBooks books = TokenBooks.of(List.of(ours("completed", "yes", 0, 1_000, 100_000)), List.of());
        assertThat(books.isSuspicious()).isFalse();
        assertThat(books.verdict("Fireworks")).contains("100,000 tokens fewer", "lags by a day or more");
    }

    @Test
    void deployments_of_ones_own_are_not_metered_so() {
        AttemptTally own =
                new AttemptTally(0, "api", "accounts/me/deployments/chat", "completed", "done", "yes", 0, 5, 500, 0, 0);
        assertThat(TokenBooks.of(List.of(own), List.of()).models()).isEmpty();
    }
}
