package dev.backstay.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.platform.testkit.engine.EngineTestKit;

/** The extension, as an application's tests use it. */
@SimulatedFireworks
class SimulatedFireworksTest {

    private static int ask(Simulation fireworks) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(fireworks.baseUrl() + "/chat/completions"))
                .timeout(Duration.ofSeconds(5))
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\": \"m\", \"messages\": []}"))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    @Test
    void what_stands_at_the_class_is_for_all_its_tests(Simulation fireworks) throws Exception {
        assertThat(ask(fireworks)).isEqualTo(200);
        assertThat(fireworks.requests()).isEqualTo(1);
    }

    @Test
    @SimulatedFireworks(story = "then: fail 100% with 503")
    void what_stands_at_a_test_goes_first(Simulation fireworks) throws Exception {
        assertThat(ask(fireworks)).isEqualTo(503);
    }

    @Test
    @SimulatedFireworks(
            story = {"until 1h: silence", "then: fail 100% with 500"},
            from = "61m")
    void a_test_may_begin_late_in_the_story(Simulation fireworks) throws Exception {
        assertThat(ask(fireworks)).isEqualTo(500);
    }

    @Test
    void each_test_has_its_own_and_it_ends_with_the_test() {
        Keeper.kept = null;
        EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(Keeper.class))
                .execute()
                .testEvents()
                .assertStatistics(stats -> stats.succeeded(1));
        Simulation over = Keeper.kept;
        assertThatThrownBy(() -> ask(over)).isInstanceOf(java.io.IOException.class);
    }

    @Test
    void a_wrong_profile_fails_the_test_and_says_what_there_is() {
        EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(Wrong.class))
                .execute()
                .testEvents()
                .failed()
                .assertEventsMatchExactly(org.junit.platform.testkit.engine.EventConditions.finishedWithFailure(
                        org.junit.platform.testkit.engine.TestExecutionResultConditions.message(
                                said -> said.contains("profile is 'storm'") && said.contains("outage"))));
    }

    @SimulatedFireworks
    static class Keeper {
        private static Simulation kept;

        @Test
        void keeps(Simulation fireworks) throws Exception {
            kept = fireworks;
            assertThat(ask(fireworks)).isEqualTo(200);
        }
    }

    static class Wrong {
        @Test
        @SimulatedFireworks(profile = "storm")
        void never_runs(Simulation fireworks) {
            throw new AssertionError("it ran with " + fireworks);
        }
    }
}
