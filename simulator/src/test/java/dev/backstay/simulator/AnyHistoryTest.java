package dev.backstay.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstay.core.Call;
import dev.backstay.core.CallListener;
import dev.backstay.core.Engine;
import dev.backstay.core.Priority;
import dev.backstay.core.Request;
import dev.backstay.core.Result;
import dev.backstay.core.RetryBudget;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.Route;
import dev.backstay.core.Signal;
import dev.backstay.core.Size;
import dev.backstay.core.Step;
import dev.backstay.core.StreamPolicy;
import dev.backstay.core.Target;
import dev.backstay.core.TargetState;
import dev.backstay.core.Workload;
import dev.backstay.wire.Endpoint;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * What must hold for every call, whatever happens, in a thousand small worlds full of faults, and in ten
 * thousand with {@code -Pthorough}. A world that breaks a law is named by its seed; {@code -Dbackstay.seed=N} plays only that one.
 */
class AnyHistoryTest {

    private static final int WORLDS = Boolean.getBoolean("backstay.thorough") ? 10_000 : 1_000;
    private static final int CALLS = 24;
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void no_history_breaks_a_law() {
        LongStream.range(0, WORLDS).parallel().forEach(AnyHistoryTest::play);
    }

    @Test
    @EnabledIfSystemProperty(named = "backstay.seed", matches = "-?\\d+")
    void this_history_breaks_no_law() {
        play(Long.getLong("backstay.seed"));
    }

    @Test
    void the_same_seed_is_the_same_history() {
        assertThat(new History(17).play()).isEqualTo(new History(17).play());
    }

    private static void play(long seed) {
        try {
            new History(seed).play();
        } catch (AssertionError | RuntimeException broken) {
            throw new AssertionError("seed " + seed + " (replay it with -Dbackstay.seed=" + seed + ")", broken);
        }
    }

    /** A provider with a random story, some callers, and everything that they saw. */
    private static final class History implements CallListener {
        private final SplittableRandom random;
        private final VirtualTime time = new VirtualTime();
        private final Provider provider;
        private final Provider second;
        private final Engine engine = new Engine(RetryPolicy.DEFAULT, this);
        private final Map<Call, Long> notBefore = new HashMap<>();
        private final Map<Call, Integer> finishes = new HashMap<>();
        private final Map<Call, Boolean> delivered = new HashMap<>();
        private final List<Caller> callers = new ArrayList<>();
        private final Tally tally = new Tally();
        private final Chance chance;

        History(long seed) {
            random = new SplittableRandom(seed);
            chance = new Chance(seed);
            Script.Limits limits =
                    random.nextInt(4) == 0 ? new Script.Limits(60_000, 60_000, 2_000) : Script.Limits.GROWN;
            second = new Provider(Script.HEALTHY.with(story()));
            provider = new Provider(new Script(
                    List.of(),
                    100 + random.nextInt(2_000),
                    0.5,
                    5 + random.nextInt(200),
                    limits,
                    TokenMeter.Growth.OF_PLATFORM,
                    Serving.atOnce(random.nextInt(3) == 0 ? 3 : 1_000),
                    story()));
        }

        private Story story() {
            List<String> lines = new ArrayList<>();
            int until = 0;
            for (int i = random.nextInt(4); i >= 0; i--) {
                until += 1 + random.nextInt(60);
                String when = i == 0 ? "then" : "until " + until + "s";
                lines.add(when + ": " + chapter());
            }
            return Story.parse(lines);
        }

        private String chapter() {
            if (random.nextInt(5) == 0) {
                return random.nextBoolean() ? "healthy" : "silence";
            }
            List<String> faults = new ArrayList<>();
            int left = 100;
            for (Fault.Kind kind : Fault.Kind.values()) {
                if (kind != Fault.Kind.NONE && random.nextInt(3) == 0) {
                    int share = random.nextInt(random.nextInt(8) == 0 ? left + 1 : Math.min(left, 15) + 1);
                    left -= share;
                    faults.add(share + "% with " + (kind == Fault.Kind.STATUS ? status() : kind.word()));
                }
            }
            return faults.isEmpty() ? "healthy" : "fail " + String.join(", ", faults);
        }

        private String status() {
            int[] statuses = {400, 401, 404, 408, 409, 412, 422, 425, 429, 500, 502, 503, 504, 520};
            return Integer.toString(statuses[random.nextInt(statuses.length)]);
        }

        Tally.Column play() {
            for (int i = 0; i < CALLS; i++) {
                Caller caller = new Caller(i);
                callers.add(caller);
                time.at((long) (random.nextDouble() * 120e9), caller::arrive);
            }
            time.run();
            callers.forEach(Caller::check);
            assertThat(finishes).hasSize(CALLS);
            assertThat(finishes.values()).as("ends of each call").allMatch(ends -> ends == 1);
            for (TargetState target : engine.targets().values()) {
                assertThat(target.gate().inFlight())
                        .as("permits not given back")
                        .isZero();
                assertThat(target.gate().parked()).as("calls still parked").isZero();
                assertThat(target.limiter().inFlight())
                        .as("leases not given back")
                        .isZero();
                assertThat(target.limiter().waiting())
                        .as("calls still waiting for a limit")
                        .isZero();
                assertThat(target.budget().balance(time.nanos())).isBetween(0.0, (double) RetryBudget.CAPACITY);
            }
            assertThat(provider.active() + second.active())
                    .as("requests the providers still work on")
                    .isZero();
            return tally.column();
        }

        @Override
        public void heard(long nowNanos, Call call, Signal signal, Step step) {
            if (step instanceof Step.Send send) {
                assertThat(nowNanos)
                        .as("an attempt after the deadline")
                        .isLessThan(call.request().deadline().atNanos());
                assertThat(nowNanos)
                        .as("an attempt before its time")
                        .isGreaterThanOrEqualTo(notBefore.getOrDefault(call, Long.MIN_VALUE));
                notBefore.remove(call);
                if (send.attempt().seam() == 0) {
                    assertThat(delivered)
                            .as("an attempt from the start after part of an answer was delivered")
                            .doesNotContainKey(call);
                } else {
                    assertThat(call.request().stream()).isEqualTo(StreamPolicy.RESUME);
                    assertThat(send.attempt().seam()).isLessThanOrEqualTo(StreamPolicy.MAX_SEAMS);
                }
            } else if (step instanceof Step.Wait wait) {
                boolean backingOff = wait.why() == Step.Why.BACKOFF || wait.why() == Step.Why.SERVER_HINT;
                if (backingOff) {
                    notBefore.put(call, wait.untilNanos());
                }
                assertThat(wait.untilNanos())
                        .isLessThanOrEqualTo(call.request().deadline().atNanos());
            } else if (step instanceof Step.Deliver) {
                delivered.put(call, true);
            } else if (step instanceof Step.Finish) {
                finishes.merge(call, 1, Integer::sum);
                assertThat(nowNanos)
                        .as("an end after the deadline")
                        .isLessThanOrEqualTo(call.request().deadline().atNanos());
            }
        }

        /** One caller and what it received. */
        private final class Caller implements Receiver {
            private final int number;
            private final boolean streamed = random.nextBoolean();
            private final StreamPolicy stream = StreamPolicy.values()[random.nextInt(3)];
            private final int targets = 1 + random.nextInt(2);
            private final int tokens = 1 + random.nextInt(60);
            private final long deadlineMillis = 500 + random.nextInt(random.nextBoolean() ? 10_000 : 120_000);
            private final long leavesMillis = random.nextInt(6) == 0 ? random.nextInt(20_000) : Long.MAX_VALUE;
            private final ByteArrayOutputStream received = new ByteArrayOutputStream();
            private Result result;

            private Caller(int number) {
                this.number = number;
            }

            private Route route(String model) {
                Target first = new Target("h", model, "", true);
                Target other = new Target("h2", model, "other", random.nextBoolean());
                return targets == 1
                        ? Route.to(first)
                        : new Route(
                                List.of(new Route.Choice(first, 1), new Route.Choice(other, 2)), random.nextBoolean());
            }

            private void arrive() {
                Ask ask = new Ask(Endpoint.CHAT_COMPLETIONS, "m" + number % 2, 100, tokens, streamed);
                Request plain = Request.arriving(
                        "c" + number,
                        new Target("h", ask.model()),
                        Workload.INTERACTIVE,
                        Workload.INTERACTIVE.timeouts().withTotal(Duration.ofMillis(deadlineMillis)),
                        streamed,
                        time.nanos());
                Request request = plain.with(streamed ? stream : StreamPolicy.LIVE)
                        .with(route(ask.model()))
                        .with(new Size(100, Size.NO_LIMIT))
                        .with(Priority.values()[number % 4]);
                request = number % 3 == 0 ? request.withHedging() : request;
                Policy policy = a -> engine.newCall(a.request(), a.waker(), a.random())::on;
                VirtualDriver driver = new VirtualDriver(
                        new World(time, target -> target.host().equals("h") ? provider : second, chance, true),
                        number,
                        ask,
                        request,
                        policy,
                        this);
                driver.start();
                if (leavesMillis < Long.MAX_VALUE) {
                    time.at(time.nanos() + leavesMillis * 1_000_000, driver::cancel);
                }
            }

            @Override
            public boolean wantsBytes() {
                return true;
            }

            @Override
            public void bytes(byte[] all, int from, int to) {
                received.write(all, from, to - from);
            }

            @Override
            public void ended(Ending how) {
                assertThat(result).as("a second end").isNull();
                result = how.result();
                tally.call(how);
            }

            private void check() {
                String text = received.toString(StandardCharsets.UTF_8);
                if (streamed) {
                    checkStream(text);
                } else if (result.succeeded()) {
                    assertThat(content(text, "message")).isEqualTo(Bodies.text(tokens));
                } else {
                    assertThat(text)
                            .as("part of an answer that is not streamed")
                            .isEmpty();
                }
            }

            private void checkStream(String text) {
                StringBuilder content = new StringBuilder();
                boolean done = false;
                boolean finished = false;
                for (String event : text.split("\n\n")) {
                    if (event.equals("data: [DONE]")) {
                        done = true;
                    } else if (!event.isEmpty()) {
                        assertThat(done).as("events after [DONE]").isFalse();
                        content.append(content(event.substring("data: ".length()), "delta"));
                        finished |= event.contains("\"finish_reason\":\"stop\"");
                    }
                }
                assertThat(Bodies.text(tokens))
                        .as("repeated, reordered or lost")
                        .startsWith(content.toString());
                assertThat(text.isEmpty() || text.endsWith("\n\n"))
                        .as("ends in the middle of an event")
                        .isTrue();
                if (stream == StreamPolicy.WHOLE && !result.succeeded()) {
                    assertThat(text)
                            .as("part of an answer to who wants it whole")
                            .isEmpty();
                }
                assertThat(result.succeeded())
                        .as("called complete")
                        .isEqualTo(finished && (done || result.succeeded()));
                if (result.succeeded()) {
                    assertThat(content.toString()).isEqualTo(Bodies.text(tokens));
                }
            }

            private String content(String json, String where) {
                try {
                    JsonNode choice = JSON.readTree(json).path("choices").path(0);
                    return choice.path(where).path("content").asText("");
                } catch (JsonProcessingException broken) {
                    throw new AssertionError("delivered what is not JSON: " + json, broken);
                }
            }
        }
    }
}
