package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Impossible settings are refused when they are built, by the setting's name, its value and the rule. */
class SettingsTest {

    private static final Target A = new Target("a", "model");
    private static final Target B = new Target("b", "model");

    @Test
    void no_clock_may_be_longer_than_the_whole_call() {
        assertThatThrownBy(() -> timeouts(70, 60))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("timeout 'first-token' is PT1M10S, and 'total' is PT1M: no clock may be longer than the"
                        + " whole call");
        assertThat(timeouts(60, 60).firstToken()).isEqualTo(Duration.ofSeconds(60));
    }

    @Test
    void a_caller_with_little_time_shortens_all_clocks() {
        Timeouts short5 = Workload.AGENTIC.timeouts().withTotal(Duration.ofSeconds(5));
        assertThat(short5.firstToken()).isEqualTo(Duration.ofSeconds(5));
        assertThat(short5.idle()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void clocks_are_longer_than_nothing() {
        assertThatThrownBy(() -> timeouts(0, 60)).hasMessageContaining("timeout 'first-token' is PT0S");
        assertThatThrownBy(() -> timeouts(-1, 60)).hasMessageContaining("timeout 'first-token' is PT-1S");
    }

    @Test
    void a_budget_is_not_negative() {
        assertThatThrownBy(() -> new RetryBudget(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("retry-budget is -1: it must not be negative");
    }

    @Test
    void a_route_does_not_lead_back() {
        assertThatThrownBy(() -> Route.ordered(List.of(A, B, A)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("route leads back to a/model: each target may be in it once");
    }

    @Test
    void a_route_leads_somewhere_and_not_everywhere() {
        assertThatThrownBy(() -> Route.ordered(List.of())).hasMessageContaining("route has 0 targets");
        List<Target> many = java.util.stream.IntStream.rangeClosed(0, Route.MAX_TARGETS)
                .mapToObj(i -> new Target("host-" + i, "model"))
                .toList();
        assertThatThrownBy(() -> Route.ordered(many)).hasMessageContaining("route has 17 targets");
    }

    @Test
    void weights_are_above_nothing() {
        for (double weight : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new Route(List.of(new Route.Choice(A, weight)), true))
                    .hasMessageContaining("weight of a/model is " + weight);
        }
    }

    @Test
    void sizes_are_not_negative() {
        assertThatThrownBy(() -> new Size(-1, 10)).hasMessageContaining("size is -1 and 10 tokens");
        assertThatThrownBy(() -> new Size(1, -10)).hasMessageContaining("neither may be negative");
    }

    private static Timeouts timeouts(int firstToken, int total) {
        Duration second = Duration.ofSeconds(1);
        return new Timeouts(second, second, Duration.ofSeconds(firstToken), second, second, Duration.ofSeconds(total));
    }
}
