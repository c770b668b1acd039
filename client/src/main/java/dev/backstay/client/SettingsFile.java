package dev.backstay.client;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.backstay.core.RetryPolicy;
import dev.backstay.core.Workload;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code backstay.yaml} as it is written. The gateway and the library read the same one; what only the gateway has the library
 * does not look at. What does not stand there has its default; an unknown key is an error.
 */
@JsonIgnoreProperties({
    "listen",
    "providers",
    "routes",
    "stream",
    "keys",
    "allow-anyone",
    "tls",
    "limits",
    "access-log",
    "ledger",
    "records",
    "admin",
    "drain"
})
public record SettingsFile(
        @Nullable Upstream upstream,
        @JsonProperty("max-attempts") @Nullable Integer maxAttempts,
        @Nullable String workload,
        @Nullable Times timeouts) {

    private static final String KEY = "FIREWORKS_API_KEY";

    /**
     * {@code upstream:}
     *
     * @param proxy the gateway's; the library is given an OkHttp that has one
     * @param ca likewise
     */
    public record Upstream(
            @Nullable String url,
            @Nullable String provider,
            @JsonProperty("api-key-env") @Nullable String apiKeyEnv,
            @JsonProperty("api-key-file") @Nullable String apiKeyFile,
            @JsonProperty("api-key-header") @Nullable String apiKeyHeader,
            @JsonProperty("allow-plain-http") @Nullable Boolean allowPlainHttp,
            @Nullable String proxy,
            @Nullable String ca) {

        /** Where nothing stands. */
        public static final Upstream USUAL = new Upstream(null, null, null, null, null, null, null, null);

        /** The same, whose files are named as seen from the folder of the settings. */
        public Upstream beside(Path settings) {
            return new Upstream(
                    url,
                    provider,
                    apiKeyEnv,
                    beside(settings, apiKeyFile),
                    apiKeyHeader,
                    allowPlainHttp,
                    proxy,
                    beside(settings, ca));
        }

        private static @Nullable String beside(Path settings, @Nullable String file) {
            return file == null
                    ? null
                    : settings.toAbsolutePath().resolveSibling(file).toString();
        }
    }

    /** {@code timeouts:} */
    public record Times(
            @Nullable String connect,
            @Nullable String write,
            @JsonProperty("first-token") @Nullable String firstToken,
            @Nullable String answer,
            @Nullable String idle,
            @Nullable String total) {}

    /** Looks up environment variables. */
    @FunctionalInterface
    public interface Environment {
        @Nullable
        String get(String name);
    }

    /** @throws IOException if it cannot be read, is not YAML, or has an unknown key */
    public static SettingsFile read(Path file) throws IOException {
        SettingsFile read =
                JsonMapper.builder(new YAMLFactory()).build().readValue(Files.readString(file), SettingsFile.class);
        if (read == null) {
            return new SettingsFile(null, null, null, null);
        }
        Upstream beside = read.upstream == null ? null : read.upstream.beside(file);
        return new SettingsFile(beside, read.maxAttempts, read.workload, read.timeouts);
    }

    /** @throws IllegalArgumentException naming a setting with an impossible value, and the rule */
    public Settings settings(Environment environment) {
        Upstream up = upstream == null ? Upstream.USUAL : upstream;
        URI url = up.url == null ? Settings.FIREWORKS : uri(up.url);
        Provider provider = up.provider == null ? Provider.at(url) : Provider.named(up.provider);
        return new Settings(
                url,
                provider,
                key(up, provider, environment),
                up.allowPlainHttp != null && up.allowPlainHttp,
                maxAttempts == null ? RetryPolicy.DEFAULT.maxAttempts() : maxAttempts,
                Optional.ofNullable(workload).map(SettingsFile::workload),
                clocks("", timeouts),
                up.apiKeyHeader == null ? KeyHeader.at(url) : new KeyHeader(up.apiKeyHeader));
    }

    /** Fireworks' key goes to nobody else unless told so. */
    private static Optional<String> key(Upstream up, Provider provider, Environment environment) {
        if (up.apiKeyFile != null) {
            return Optional.of(keyIn(up.apiKeyFile));
        }
        if (up.apiKeyEnv == null && provider != Provider.FIREWORKS) {
            return Optional.empty();
        }
        String name = up.apiKeyEnv == null ? KEY : up.apiKeyEnv;
        Optional<String> key = Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
        if (up.apiKeyEnv != null && key.isEmpty()) {
            throw new IllegalArgumentException("upstream.api-key-env names " + name + ", which is not set");
        }
        return key;
    }

    private static String keyIn(String file) {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException unreadable) {
            throw new IllegalArgumentException(
                    "upstream.api-key-file is " + file + ", which cannot be read: " + unreadable.getMessage());
        }
    }

    /** @throws IllegalArgumentException if there is none of this name */
    public static Workload workload(String name) {
        return Workload.named(name)
                .orElseThrow(() -> new IllegalArgumentException(
                        "workload is '" + name + "': it must be interactive, agentic, long-context or batch-submit"));
    }

    /** The clocks that stand there; the prefix says where, for messages. */
    public static Clocks clocks(String prefix, @Nullable Times given) {
        if (given == null) {
            return Clocks.USUAL;
        }
        return new Clocks(
                time(prefix + "timeouts.connect", given.connect),
                time(prefix + "timeouts.write", given.write),
                time(prefix + "timeouts.first-token", given.firstToken),
                time(prefix + "timeouts.answer", given.answer),
                time(prefix + "timeouts.idle", given.idle),
                time(prefix + "timeouts.total", given.total));
    }

    private static Optional<Duration> time(String setting, @Nullable String text) {
        return Optional.ofNullable(text).map(given -> time(setting, given, Duration.ZERO));
    }

    /** The time that stands there, or the usual one. */
    public static Duration time(String setting, @Nullable String text, Duration usual) {
        return text == null
                ? usual
                : Durations.parse(text)
                        .orElseThrow(() ->
                                new IllegalArgumentException(setting + " is '" + text + "': " + Durations.EXPECTED));
    }

    private static URI uri(String text) {
        try {
            return URI.create(text);
        } catch (IllegalArgumentException notAUri) {
            throw new IllegalArgumentException(
                    "upstream.url is '" + Ask.shown(text) + "': it must be like " + Settings.FIREWORKS);
        }
    }
}
