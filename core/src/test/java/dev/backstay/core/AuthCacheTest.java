package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AuthCacheTest {

    private static final long SECOND = 1_000_000_000L;

    private final AuthCache cache = new AuthCache();

    @Test
    void three_refusals_in_a_row_are_believed() {
        refuse(0);
        refuse(0);
        assertThat(cache.admits(0)).isTrue();
        refuse(0);
        assertThat(cache.admits(0)).isFalse();
        assertThat(cache.refusal().message()).contains("not asked").contains("invalid key");
        assertThat(cache.refusal().kind()).isEqualTo(FailureKind.UNAUTHORIZED);
    }

    @Test
    void one_call_looks_again_every_ten_seconds() {
        refuse(0);
        refuse(0);
        refuse(0);
        assertThat(cache.admits(10 * SECOND - 1)).isFalse();
        assertThat(cache.admits(10 * SECOND)).isTrue();
        assertThat(cache.admits(10 * SECOND)).as("asking is not sending").isTrue();
        cache.sent(10 * SECOND);
        assertThat(cache.admits(10 * SECOND)).as("only one").isFalse();
    }

    @Test
    void an_answer_takes_it_all_back() {
        refuse(0);
        refuse(0);
        refuse(0);
        cache.heard(Outcome.Completed.UNCOUNTED, SECOND);
        assertThat(cache.admits(SECOND)).isTrue();
    }

    @Test
    void other_answers_break_the_row_but_silence_does_not() {
        refuse(0);
        refuse(0);
        cache.heard(failed(Failure.timedOut(Phase.CONNECTING, "")), 0);
        refuse(0);
        assertThat(cache.admits(0)).isFalse();

        AuthCache other = new AuthCache();
        Outcome refused = failed(Failure.answered(FailureKind.UNAUTHORIZED, 401, ""));
        other.heard(refused, 0);
        other.heard(refused, 0);
        other.heard(failed(Failure.answered(FailureKind.RATE_LIMITED, 429, "")), 0);
        other.heard(refused, 0);
        assertThat(other.admits(0)).isTrue();
    }

    private void refuse(long now) {
        cache.heard(failed(Failure.answered(FailureKind.UNAUTHORIZED, 401, "invalid key")), now);
    }

    private static Outcome failed(Failure failure) {
        return new Outcome.Failed(failure);
    }
}
