package dev.backstay.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.core.Workload;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong is said at once, by the name of the setting, and changes nothing. */
class BadSettingsTest {

    private static final Duration MINUS = Duration.ofSeconds(-1);

    @TempDir
    private Path folder;

    private static Backstay.Builder builder() {
        return Backstay.builder().apiKey("key");
    }

    private static void refused(ThrowingCallable what, String... words) {
        assertThatThrownBy(what)
                .isInstanceOf(IllegalArgumentException.class)
                .satisfies(e -> assertThat(e.getMessage()).contains(words).doesNotContain("key-that-is-secret"));
    }

    @Test
    void keys() {
        refused(() -> Backstay.builder().apiKey(null), "api-key", "environment");
        refused(() -> Backstay.builder().apiKey("  ").build(), "api-key");
        refused(() -> Backstay.builder().build().ask("/models", ""), "api-key is not set", "FIREWORKS_API_KEY");
        Backstay.builder().baseUrl("http://localhost:1/v1").build().ask("/models", "");
        refused(() -> Backstay.builder().apiKey("key-that-is-secret\n").build(), "api-key", "line break");
    }

    @Test
    void addresses() {
        refused(() -> builder().baseUrl("not a url"), "upstream.url", "not a url");
        refused(() -> builder().baseUrl("api.fireworks.ai/v1").build(), "upstream.url", "https");
        refused(() -> builder().baseUrl("ftp://host/v1").build(), "upstream.url", "ftp");
        refused(() -> builder().baseUrl("https://me:key-that-is-secret@host/v1").build(), "upstream.url");
        refused(() -> builder().build().ask("chat/completions", "{}"), "path", "slash");
    }

    @Test
    void a_key_over_plain_http() {
        refused(
                () -> builder().baseUrl("http://example.com/v1").build(),
                "http://example.com",
                "upstream.allow-plain-http");
        builder().baseUrl("http://example.com/v1").allowPlainHttp().build().close();
        builder().baseUrl("http://localhost:1/v1").build().close();
        try (Backstay backstay = builder().build()) {
            Ask ask = Ask.of(
                    "POST",
                    URI.create("http://example.com/v1/chat/completions"),
                    Map.of("Authorization", "Bearer key-that-is-secret"),
                    Body.json("{\"model\": \"m\"}"),
                    Provider.OPENAI.classifier());
            refused(() -> backstay.send(ask), "http://example.com", "upstream.allow-plain-http");
            refused(() -> backstay.sendAsync(ask, CallOptions.DEFAULT), "http://example.com");
        }
    }

    @Test
    void clocks() {
        refused(() -> builder().timeouts(Clocks.within(MINUS)).build(), "total", "longer than zero");
        refused(() -> builder().timeouts(Clocks.USUAL.withIdle(MINUS)).build(), "idle");
        refused(
                () -> builder()
                        .timeouts(Clocks.USUAL.withConnect(Duration.ZERO))
                        .build(),
                "connect");
        refused(() -> builder().timeouts(Clocks.within(Duration.ofDays(2))).build(), "total", "24 hours");
        refused(
                () -> builder()
                        .timeouts(Clocks.within(Duration.ofSeconds(1)).withFirstToken(Duration.ofSeconds(2)))
                        .build(),
                "first-token",
                "total");
        try (Backstay backstay = builder().build()) {
            Ask ask = backstay.ask("/chat/completions", "{\"model\": \"m\"}");
            refused(() -> backstay.send(ask, CallOptions.within(MINUS)), "total");
        }
    }

    @Test
    void who_allows_a_phase_more_than_the_whole_call_has_allows_the_call_that() {
        Clocks patient = Clocks.USUAL.withAnswer(Duration.ofMinutes(5));
        assertThat(patient.over(Workload.INTERACTIVE.timeouts()).total()).hasMinutes(5);
        assertThat(patient.over(Workload.AGENTIC.timeouts()).total()).hasMinutes(30);
    }

    @Test
    void the_provider_follows_the_url_unless_it_is_said() {
        assertThat(providerAt("https://api.openai.com/v1")).isEqualTo(Provider.OPENAI);
        assertThat(providerAt("https://api.fireworks.ai/inference/v1")).isEqualTo(Provider.FIREWORKS);
        assertThat(providerAt("http://127.0.0.1:1/v1")).isEqualTo(Provider.at(URI.create("http://127.0.0.1:1/v1")));
    }

    private static Provider providerAt(String url) {
        try (Backstay backstay = Backstay.builder().baseUrl(url).apiKey("k").build()) {
            return backstay.settings().provider();
        }
    }

    @Test
    void attempts() {
        refused(() -> builder().maxAttempts(0).build(), "max-attempts");
    }

    @Test
    void files() throws Exception {
        Path file = folder.resolve("backstay.yaml");
        Files.writeString(
                file,
                "upstream:\n  url: http://127.0.0.1:1/v1\nworkload: agentic\ntimeouts:\n  idle: 45s\n"
                        + "listen: 127.0.0.1:8080\n");
        try (Backstay backstay = Backstay.of(file)) {
            assertThat(backstay.settings().workload()).hasValue(Workload.AGENTIC);
            assertThat(backstay.settings().timeouts().idle()).hasValue(Duration.ofSeconds(45));
        }
        Files.writeString(file, "workload: quick");
        refused(() -> Backstay.of(file), "workload", "quick", "agentic");
        Files.writeString(file, "timeouts:\n  idle: soon");
        refused(() -> Backstay.of(file), "timeouts.idle", "soon");
        Files.writeString(file, "tiemouts:\n  idle: 1s");
        assertThatThrownBy(() -> Backstay.of(file)).hasMessageContaining("tiemouts");
        Files.writeString(file, "upstream:\n  api-key-env: NO_SUCH_VARIABLE");
        refused(() -> Backstay.of(file), "upstream.api-key-env", "NO_SUCH_VARIABLE");
    }

    @Test
    void the_key_of_fireworks_goes_to_no_other_provider(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("backstay.yaml");
        SettingsFile.Environment environment = name -> name.equals("FIREWORKS_API_KEY") ? "fw_ours" : null;
        Files.writeString(file, "upstream:\n  url: https://api.fireworks.ai/inference/v1");
        assertThat(SettingsFile.read(file).settings(environment).apiKey()).contains("fw_ours");
        String other = "upstream:\n  url: https://api.example.com/v1\n  provider: openai\n";
        Files.writeString(file, other);
        assertThat(SettingsFile.read(file).settings(environment).apiKey()).isEmpty();
        Files.writeString(file, other + "  api-key-env: FIREWORKS_API_KEY");
        assertThat(SettingsFile.read(file).settings(environment).apiKey())
                .as("unless told so")
                .contains("fw_ours");
    }

    /** All that the gateway's guide shows, and files beside the settings. */
    @Test
    void the_library_reads_the_gateways_settings(@TempDir Path folder) throws IOException {
        String guide = Files.readString(Path.of("../docs/guides/gateway.md"));
        int from = guide.indexOf("```yaml\n") + "```yaml\n".length();
        Files.writeString(folder.resolve("key"), "fw_from_a_file\n");
        Path file = Files.writeString(
                folder.resolve("backstay.yaml"),
                guide.substring(from, guide.indexOf("```", from)) + "upstream: {api-key-file: key}\n");
        assertThat(SettingsFile.read(file).settings(name -> null).apiKey()).contains("fw_from_a_file");
    }
}
