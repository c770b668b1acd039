package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RouterTest {

    private static final Target A = new Target("a", "model");
    private static final Target B = new Target("b", "model");
    private static final Target C = new Target("c", "model");

    private final Router router = new Router(Route.ordered(List.of(A, B, C)), new SplittableRandom(1));

    @Test
    void the_preferred_one_comes_first() {
        assertThat(router.candidates()).containsExactly(A, B, C);
    }

    @Test
    void who_failed_less_often_comes_before() {
        router.failed(A, FailureKind.OVERLOADED);
        assertThat(router.candidates()).containsExactly(B, C, A);
        router.failed(B, FailureKind.OVERLOADED);
        router.failed(C, FailureKind.OVERLOADED);
        assertThat(router.candidates()).as("all once").containsExactly(A, B, C);
    }

    @Test
    void who_stayed_silent_is_not_asked_again_while_there_is_another() {
        router.failed(A, FailureKind.FIRST_TOKEN_TIMEOUT);
        assertThat(router.candidates()).containsExactly(B, C);
        router.failed(B, FailureKind.CONNECT_TIMEOUT);
        router.failed(C, FailureKind.STREAM_STALLED);
        assertThat(router.candidates()).as("all were silent once").containsExactly(A, B, C);
    }

    @Test
    void one_silence_does_not_leave_a_call_to_another_that_only_fails() {
        router.failed(B, FailureKind.FIRST_TOKEN_TIMEOUT);
        for (int i = 0; i < 3; i++) {
            router.failed(A, FailureKind.TLS_FAILED);
        }
        assertThat(router.candidates()).as("one that has not failed").containsExactly(C);
        for (int i = 0; i < 3; i++) {
            router.failed(C, FailureKind.OVERLOADED);
        }
        assertThat(router.candidates()).containsExactly(B, A, C);
    }

    @Test
    void whose_certificate_is_refused_is_asked_again_only_if_there_is_nobody_else() {
        router.failed(A, FailureKind.CERTIFICATE_REFUSED);
        assertThat(router.candidates()).containsExactly(B, C);
        Router alone = new Router(Route.ordered(List.of(A)), new SplittableRandom(1));
        alone.failed(A, FailureKind.CERTIFICATE_REFUSED);
        assertThat(alone.candidates()).containsExactly(A);
    }

    @Test
    void who_says_never_is_never_asked_again() {
        router.failed(A, FailureKind.UNAUTHORIZED);
        router.failed(B, FailureKind.NOT_FOUND);
        assertThat(router.candidates()).containsExactly(C);
        assertThat(router.hasOthers()).isTrue();
        router.failed(C, FailureKind.ACCOUNT_BLOCKED);
        assertThat(router.candidates()).isEmpty();
        assertThat(router.hasOthers()).isFalse();
    }

    @Test
    void fresh_is_who_was_not_tried() {
        assertThat(router.isFresh(A)).isTrue();
        router.failed(A, FailureKind.OVERLOADED);
        assertThat(router.isFresh(A)).isFalse();
        assertThat(router.isFresh(B)).isTrue();
    }

    @Test
    void a_bad_request_is_bad_everywhere() {
        router.failed(A, FailureKind.BAD_REQUEST);
        assertThat(router.isOut(A)).isFalse();
        router.failed(A, FailureKind.NOT_FOUND);
        assertThat(router.isOut(A)).isTrue();
    }

    @Test
    void a_broken_stream_goes_on_only_where_it_can() {
        Target resumes = new Target("r", "model", "", true);
        Target alike = new Target("s", "model", "", true);
        Target otherModel = new Target("t", "other", "", true);
        Router mixed = new Router(Route.ordered(List.of(resumes, A, otherModel, alike)), new SplittableRandom(1));
        mixed.onlyLike(resumes);
        assertThat(mixed.candidates()).containsExactly(resumes, alike);
    }

    @Test
    void weights_say_how_often_one_comes_first() {
        Route weighted = new Route(List.of(new Route.Choice(A, 3), new Route.Choice(B, 1)), true);
        SplittableRandom random = new SplittableRandom(7);
        int first = 0;
        for (int i = 0; i < 10_000; i++) {
            List<Target> order = weighted.order(random);
            assertThat(order).containsExactlyInAnyOrder(A, B);
            first += order.get(0).equals(A) ? 1 : 0;
        }
        assertThat(first).isBetween(7_350, 7_650);
    }

    @Test
    void who_takes_longer_prompts_is_asked_only_after_a_prompt_was_too_long() {
        Router two = new Router(Route.ordered(List.of(A, B)).withLonger(List.of(C)), new SplittableRandom(1));
        assertThat(two.candidates()).containsExactly(A, B);
        two.failed(A, FailureKind.OVERLOADED);
        assertThat(two.candidates())
                .as("an overload sends nobody to the long context")
                .containsExactly(B, A);
        two.failed(B, FailureKind.PROMPT_TOO_LONG);
        assertThat(two.candidates()).containsExactly(C);
        two.failed(C, FailureKind.PROMPT_TOO_LONG);
        assertThat(two.candidates()).as("too long for all").isEmpty();
    }

    @Test
    void a_prompt_that_is_too_long_with_nobody_for_longer_ones_is_too_long_everywhere() {
        router.failed(A, FailureKind.PROMPT_TOO_LONG);
        assertThat(router.isOut(A)).as("nothing is routed around").isFalse();
    }
}
