package dev.backstay.simulator;

import java.util.Map;
import java.util.Optional;

/** Why Backstay is not as good as the oracle in a scenario, for the report. */
final class GapReasons {

    private static final Map<String, String> REASONS = Map.of(
            "s1c",
            "There is room for 70 % of the work. The oracle knows how long each answer takes and serves the short ones, which"
                    + " makes more of them. Whoever cannot know that serves them as they come: 32 at a time, 4.57 s each, for the"
                    + " 600 s in which they come and the 55 s in which the last of them still wait, are 76 % of 6,000.",
            "s2-d20",
            "Callers here give up after 20 s, so nobody serves those who come in the first 40 s of the outage. The oracle sends"
                    + " in the instant of the recovery whatever still has a second left; Backstay has to notice (a probe goes at"
                    + " most every second, and its first token takes half a second) and to let the backlog go in growing steps,"
                    + " because it cannot know that the provider takes all of it at once.",
            "s11",
            "Attempts: a deployment with no replica gets one probe every 5 to 10 s for all calls together (its provider advises"
                    + " each call to come back after 5 s, then after 1.5 times as long, up to a minute), and each probe is an"
                    + " attempt of the call that waits longest. The oracle knows when it is ready.",
            "s11-d60",
            "The deployment is ready after 180 s, and callers give up after 60 s. The probe that finds it ready comes up to 10 s"
                    + " later, and who had less than that left is lost. The probes themselves are the attempts.",
            "s12",
            "Attempts: one wrong key may be an accident of one instance, so three refusals in a row are sent before the key is"
                    + " held to be wrong, and one probe every 10 s. The oracle sends none.",
            "fairness",
            "Four clients share one limit and cannot see each other. Each has to leave the others room that they then do not use"
                    + " in full, and each finds the limit by meeting it now and then.");

    private GapReasons() {}

    static Optional<String> of(Scenario scenario) {
        return Optional.ofNullable(REASONS.get(scenario.name()));
    }
}
