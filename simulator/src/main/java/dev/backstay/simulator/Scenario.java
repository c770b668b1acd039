package dev.backstay.simulator;

import dev.backstay.core.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * A world and the calls in it, in which every policy is played.
 *
 * @param name the word for commands and reports
 * @param title what happens, in one line
 * @param providers who can be asked, the preferred one first
 * @param load the calls
 * @param deadline what each caller allows
 * @param attemptTimeout how long a caller's settings let one try wait for an answer, if they say
 * @param trouble when things are bad, if they are only for a while
 * @param hedged whether callers allow a second attempt to race a slow one
 * @param streamed whether answers come as events, or whole and silent until they are made
 */
public record Scenario(
        String name,
        String title,
        List<Script> providers,
        Load load,
        Duration deadline,
        Optional<Duration> attemptTimeout,
        Optional<Trouble> trouble,
        boolean hedged,
        boolean streamed) {

    /** From one moment to another, in nanoseconds since the start. */
    public record Trouble(long fromNanos, long toNanos) {}

    /** The model that everybody asks for. */
    static final String MODEL = "accounts/fireworks/models/rehearsed";

    private static final double RATE = 10;
    private static final int SECONDS = 600;
    private static final int PROMPT = 1_000;
    private static final int OUTPUT = 200;
    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final String OUTAGE = "fail 40% with refuse, 30% with 503, 30% with silence";

    /** Who can be asked, the preferred one first. */
    List<Target> targets() {
        List<Target> targets = new ArrayList<>();
        for (int i = 0; i < providers.size(); i++) {
            targets.add(new Target(i == 0 ? "primary" : "fallback-" + i, MODEL, "account-" + i, false));
        }
        return targets;
    }

    /** All of them, in the order of the report. */
    public static List<Scenario> all() {
        return Holder.ALL;
    }

    public static Optional<Scenario> named(String name) {
        return all().stream().filter(each -> each.name.equals(name)).findFirst();
    }

    /** The whole list is made once. */
    private static final class Holder {
        private static final List<Scenario> ALL = List.of(
                faulty("s1", "30 % of all attempts get a 503", "30% with 503"),
                faulty("s1-60", "60 % of all attempts get a 503", "60% with 503"),
                steady("s1c", "capacity for 70 % of the calls; the rest is shed with a 503", Serving.atOnce(32)),
                outage("s2-d20", Duration.ofSeconds(20)),
                outage("s2-d120", Duration.ofSeconds(120)),
                limited(),
                faulty("s4", "5 % of the streams are reset in the middle", "5% with cut"),
                faulty("s5", "2 % of the requests are never answered", "2% with silence"),
                faulty("s6", "2 % of the streams stall in the middle", "2% with stall"),
                faulty(
                        "s7",
                        "10 % of the connects vanish, 2 % wait 5 s for DNS",
                        "10% with black-hole, 2% with slow-dns"),
                slowStarts(),
                storm(),
                rolling(),
                scaleUp("s11", Duration.ofSeconds(300)),
                scaleUp("s11-d60", MINUTE),
                badKey(),
                fallback(),
                faulty(
                        "truncated",
                        "5 % of the streams are cut, 2 % just end, 1 % say an error",
                        "5% with cut, 2% with no-done, 1% with error-event"),
                slowWholes(),
                faulty(
                                "whole-faulty",
                                "whole answers; 5 % get a 503, 2 % are never made",
                                "5% with 503, 2% with silence")
                        .whole(),
                fairness(),
                azureOutage(),
                azureLimits());

        private static Load poisson(double perSecond, int seconds) {
            return new Load.Poisson(List.of(perSecond), nanos(seconds), PROMPT, OUTPUT);
        }

        private static Scenario of(String name, String title, Script script, Load load, Duration deadline) {
            return new Scenario(
                    name, title, List.of(script), load, deadline, Optional.empty(), Optional.empty(), false, true);
        }

        private static Scenario faulty(String name, String title, String odds) {
            return of(name, title, told("then: fail " + odds), poisson(RATE, SECONDS), MINUTE);
        }

        private static Scenario steady(String name, String title, Serving.Plan serving) {
            return of(name, title, Script.HEALTHY.with(serving), poisson(RATE, SECONDS), MINUTE);
        }

        private static Script told(String... story) {
            return Script.HEALTHY.with(Story.of(story));
        }

        private static Scenario outage(String name, Duration deadline) {
            String title =
                    "gone from 2:00 to 3:00: refused, shed or silent; callers wait " + deadline.toSeconds() + " s";
            return of(
                            name,
                            title,
                            told("until 120s: healthy", "until 180s: " + OUTAGE),
                            poisson(RATE, SECONDS),
                            deadline)
                    .troubled(120, 180);
        }

        private static Scenario limited() {
            Script script =
                    Script.HEALTHY.with(new Script.Limits(2_000_000, 180_000, 2_000_000), TokenMeter.Growth.QUICK);
            return of(
                    "s3",
                    "10 calls/s against a limit of 3/s that grows with use",
                    script,
                    poisson(RATE, 1_800),
                    MINUTE);
        }

        private static Scenario slowStarts() {
            Scenario plain = faulty(
                    "s8", "1 % of the first tokens take 20 s longer; callers allow a race", "1% with slow-start");
            return new Scenario(
                    plain.name,
                    plain.title,
                    plain.providers,
                    plain.load,
                    plain.deadline,
                    plain.attemptTimeout,
                    plain.trouble,
                    true,
                    true);
        }

        private static Scenario slowWholes() {
            Script script = Script.HEALTHY.withSpeed(40_000, 0.1, 10);
            return of(
                            "whole-slow",
                            "whole answers that take 30 to 60 s, and nothing is wrong; callers wait 60 s",
                            script,
                            poisson(0.5, SECONDS),
                            MINUTE)
                    .whole();
        }

        private static Scenario storm() {
            Script script =
                    Script.HEALTHY.withSpeed(1_000, 0, 20).with(Serving.workers(130, nanos(60), nanos(80), 0.3));
            Load load = new Load.Poisson(Collections.nCopies(100, 1.0), nanos(240), PROMPT, 1);
            return new Scenario(
                    "s9",
                    "100 clients, a queue, and 30 % of the capacity for 20 s; attempts time out after 5 s",
                    List.of(script),
                    load,
                    Duration.ofSeconds(30),
                    Optional.of(Duration.ofSeconds(5)),
                    Optional.of(new Trouble(nanos(60), nanos(80))),
                    false,
                    true);
        }

        private static Scenario rolling() {
            Script script = Script.HEALTHY.with(Serving.rollingRestart(8, nanos(60), nanos(20), nanos(5)));
            return of(
                            "s10",
                            "8 replicas restart one by one; the router notices after 5 s",
                            script,
                            poisson(RATE, 300),
                            MINUTE)
                    .troubled(60, 220);
        }

        private static Scenario scaleUp(String name, Duration deadline) {
            Script script = told("until 180s: fail 100% with scaling-up");
            String title = "a deployment needs 180 s to start; callers wait " + deadline.toSeconds() + " s";
            return of(name, title, script, poisson(0.2, 400), deadline).troubled(0, 180);
        }

        private static Scenario badKey() {
            return of("s12", "the key is wrong: 401", told("then: fail 100% with 401"), poisson(RATE, 60), MINUTE);
        }

        private static Scenario fallback() {
            Script primary = told(
                    "until 120s: healthy",
                    "until 180s: " + OUTAGE,
                    "until 200s: healthy",
                    "until 210s: " + OUTAGE,
                    "until 230s: healthy",
                    "until 240s: " + OUTAGE);
            return new Scenario(
                    "fallback",
                    "the first target is gone for 60 s and then flaps; a second one is healthy; callers wait 20 s",
                    List.of(primary, Script.HEALTHY),
                    poisson(RATE, SECONDS),
                    Duration.ofSeconds(20),
                    Optional.empty(),
                    Optional.of(new Trouble(nanos(120), nanos(240))),
                    false,
                    true);
        }

        private static Scenario fairness() {
            Script script = Script.HEALTHY.with(
                    new Script.Limits(2_000_000, 300_000, 2_000_000), TokenMeter.Growth.OF_PLATFORM);
            Load load = new Load.Poisson(List.of(4.0, 3.0, 2.0, 1.0), nanos(SECONDS), PROMPT, OUTPUT);
            return of(
                    "fairness",
                    "four clients (4, 3, 2, 1 calls/s) share one account's limit of 5/s",
                    script,
                    load,
                    MINUTE);
        }

        private static Scenario azureOutage() {
            Script script = told("until 180s: healthy", "until 240s: " + OUTAGE);
            return of(
                            "azure-s2",
                            "an hour of real calls; gone from 3:00 to 4:00; callers wait 120 s",
                            script,
                            new Load.AzureCode(),
                            Duration.ofSeconds(120))
                    .troubled(180, 240);
        }

        private static Scenario azureLimits() {
            return of(
                    "azure-s3",
                    "an hour of real calls against the limits of a fresh account; callers wait 120 s",
                    Script.HEALTHY.with(Script.Limits.FRESH),
                    new Load.AzureCode(),
                    Duration.ofSeconds(120));
        }
    }

    private Scenario troubled(int fromSeconds, int toSeconds) {
        return new Scenario(
                name,
                title,
                providers,
                load,
                deadline,
                attemptTimeout,
                Optional.of(new Trouble(nanos(fromSeconds), nanos(toSeconds))),
                hedged,
                streamed);
    }

    private Scenario whole() {
        return new Scenario(name, title, providers, load, deadline, attemptTimeout, trouble, hedged, false);
    }

    private static long nanos(int seconds) {
        return seconds * 1_000_000_000L;
    }
}
