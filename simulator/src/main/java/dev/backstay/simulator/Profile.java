package dev.backstay.simulator;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Scripts with a name. */
public enum Profile {
    /** A good day. */
    HEALTHY("nothing goes wrong", Script.HEALTHY),
    /** Every fault there is, a little of each: one attempt in ten. */
    FLAKY(
            "one attempt in ten fails, in every way there is",
            Script.HEALTHY.with(
                    Story.of("then: fail 1% with refuse, 0.5% with black-hole, 0.5% with tls, 1% with reset,"
                            + " 1% with silence, 0.5% with silence-after-headers, 1% with cut, 0.5% with stall,"
                            + " 0.5% with malformed, 0.5% with error-event, 0.5% with no-done, 1% with html-502,"
                            + " 1% with 503, 0.5% with 500"))),
    /** Gone for a minute: refused, shed or silent. */
    OUTAGE(
            "for a minute, from 3:00 to 4:00, nothing works",
            Script.HEALTHY.with(Story.of(
                    "until 3m: healthy",
                    "until 4m: fail 40% with refuse, 30% with 503, 30% with silence",
                    "then: healthy"))),
    /** Sheds load at random. */
    BROWNOUT("30 % of all attempts get a 503", Script.HEALTHY.with(Story.of("then: fail 30% with 503"))),
    /** A fresh account, whose limits are too small for bursts and grow with use. */
    RATELIMIT("the limits of a fresh account", Script.HEALTHY.with(Script.Limits.FRESH));

    private final String summary;
    private final Script script;

    Profile(String summary, Script script) {
        this.summary = summary;
        this.script = script;
    }

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    public String summary() {
        return summary;
    }

    public Script script() {
        return script;
    }

    public static Optional<Profile> named(String label) {
        return Arrays.stream(values())
                .filter(profile -> profile.label().equals(label))
                .findFirst();
    }

    /** All labels, for messages. */
    public static String labels() {
        return Arrays.stream(values()).map(Profile::label).collect(Collectors.joining(", "));
    }
}
