package dev.backstay.cli;

import dev.backstay.simulator.Profile;
import dev.backstay.simulator.Script;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How the provider shall behave: a script of one's own, or a built-in profile. */
final class ScriptChoice {

    @Option(names = "--script", paramLabel = "FILE", description = "What goes wrong when, as YAML.")
    private @Nullable Path file;

    @Option(names = "--profile", paramLabel = "NAME", description = "healthy, flaky, outage, brownout or ratelimit.")
    private @Nullable String profile;

    private final String otherwise;

    /** A choice with this profile unless something else is chosen. */
    ScriptChoice(String otherwise) {
        this.otherwise = otherwise;
    }

    /** @throws IllegalArgumentException if both a script and a profile were chosen, or there is no such profile */
    Script script() throws IOException {
        if (file != null && profile != null) {
            throw new IllegalArgumentException("give --script or --profile, not both");
        }
        return file != null ? Script.read(file) : profile().script();
    }

    /** For titles: the file, or the profile's name. */
    String name() {
        return file != null ? "script " + file : "profile " + profile().label();
    }

    /** For people: what happens. */
    String summary() {
        return file != null ? "the story in " + file : profile().summary();
    }

    private Profile profile() {
        return profile(profile != null ? profile : otherwise);
    }

    /** The built-in profile with this name. */
    static Profile profile(String name) {
        return Profile.named(name)
                .orElseThrow(() -> new IllegalArgumentException(
                        "there is no profile '" + name + "'; there is: " + Profile.labels()));
    }
}
