package dev.backstay.cli;

import dev.backstay.simulator.Profile;

/** Built-in profiles by their names on a command line. */
final class Profiles {

    private Profiles() {}

    static Profile named(String name) {
        return Profile.named(name)
                .orElseThrow(() -> new IllegalArgumentException(
                        "there is no profile '" + name + "'; there is: " + Profile.labels()));
    }
}
