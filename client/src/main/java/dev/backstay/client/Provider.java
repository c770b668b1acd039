package dev.backstay.client;

import dev.backstay.wire.Classifier;
import dev.backstay.wire.FireworksClassifier;
import dev.backstay.wire.OpenAiClassifier;
import java.net.URI;
import java.util.Locale;

/** Whose error bodies and rules. */
public enum Provider {
    /** Fireworks AI. */
    FIREWORKS(new FireworksClassifier()),
    /** OpenAI, and any API that is compatible with its. */
    OPENAI(new OpenAiClassifier());

    private final Classifier classifier;

    Provider(Classifier classifier) {
        this.classifier = classifier;
    }

    /** Who knows its refusals. */
    public Classifier classifier() {
        return classifier;
    }

    /** The word used in settings. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whose API stands there, if nobody says: Fireworks' at its own hosts and on this machine, where it is simulated. */
    public static Provider at(URI url) {
        String host = String.valueOf(url.getHost()).toLowerCase(Locale.ROOT);
        boolean fireworks = host.equals("fireworks.ai") || host.endsWith(".fireworks.ai") || Settings.isLoopback(host);
        return fireworks ? FIREWORKS : OPENAI;
    }

    /**
     * The provider with this {@linkplain #label() word}, in any case.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Provider named(String name) {
        for (Provider provider : values()) {
            if (provider.name().equalsIgnoreCase(name)) {
                return provider;
            }
        }
        throw new IllegalArgumentException(
                "upstream.provider is '" + name + "': it must be fireworks or openai (any OpenAI-compatible API)");
    }
}
