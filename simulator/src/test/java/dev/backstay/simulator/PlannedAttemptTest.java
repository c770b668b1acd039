package dev.backstay.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.core.CallListener;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.Target;
import dev.backstay.core.Workload;
import dev.backstay.wire.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is skipped in a planned attempt makes no difference: the same calls end in the same way at the same moment. */
class PlannedAttemptTest {

    private static final int CALLS = 2_000;

    /** Everything that can go wrong, more often than in life. */
    private static final Script WORLD = Script.HEALTHY.with(Story.of(
            "until 60s: fail 3% with slow-dns, 3% with black-hole, 3% with tls, 3% with reset, 3% with silence,"
                    + " 3% with slow-start, 3% with silence-after-headers, 3% with cut, 3% with stall,"
                    + " 3% with malformed, 3% with error-event, 3% with no-done, 3% with html-502, 3% with 503",
            "until 90s: silence", "then: fail 20% with cut, 20% with 500"));

    @Test
    void a_planned_attempt_ends_as_one_in_bytes_does() {
        for (boolean streamed : List.of(true, false)) {
            for (Serving.Plan serving :
                    List.of(Serving.atOnce(40), Serving.rollingRestart(8, 20_000_000_000L, 15_000_000_000L, 1))) {
                List<String> planned = play(WORLD.with(serving), streamed, false);
                List<String> rendered = play(WORLD.with(serving), streamed, true);
                for (int i = 0; i < CALLS; i++) {
                    assertThat(planned.get(i)).as("streamed " + streamed).isEqualTo(rendered.get(i));
                }
            }
        }
    }

    private static List<String> play(Script script, boolean streamed, boolean rendered) {
        VirtualTime time = new VirtualTime();
        Provider provider = new Provider(script);
        World world = new World(time, target -> provider, new Chance(5), rendered);
        Policy policy = Replay.backstay(CallListener.NONE);
        List<String> endings = new ArrayList<>();
        for (int i = 0; i < CALLS; i++) {
            int number = i;
            time.at(i * 100_000_000L, () -> {
                Ask ask = new Ask(Endpoint.CHAT_COMPLETIONS, "m", 1_000, 1 + number % 50, streamed);
                Request request = Request.arriving(
                        "c",
                        new Target("h", "m"),
                        Workload.INTERACTIVE,
                        Workload.INTERACTIVE.timeouts().withTotal(Duration.ofSeconds(90)),
                        streamed,
                        time.nanos());
                Receiver receiver = Receiver.of(ending -> endings.add(number + " " + line(ending)));
                new VirtualDriver(world, number, ask, request, policy, receiver).start();
            });
        }
        time.run();
        assertThat(provider.active()).isZero();
        return endings;
    }

    private static String line(Ending ending) {
        String how = ending.result() instanceof Result.Failed failed
                ? failed.failure().kind() + " while " + failed.failure().phase() + ", "
                        + failed.failure().acknowledged() + ", " + failed.reason()
                : ending.result().toString();
        return how + " at " + ending.endedNanos() + " first " + ending.firstEventNanos() + " attempts "
                + ending.attempts() + " billed " + ending.billedInVain();
    }
}
