package dev.backstay.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.client.Backstay;
import dev.backstay.client.CallFailed;
import dev.backstay.client.GenAiNames;
import dev.backstay.client.LiveReply;
import dev.backstay.testkit.RawServer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a Prometheus would read after some calls. */
class MetersTest {

    private static final String CHAT = "{\"model\": \"m\", \"messages\": []}";
    private static final String STREAMED = "{\"model\": \"m\", \"stream\": true, \"messages\": []}";
    private static final String LABELS = "{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"127.0.0.1\","
            + "gen_ai_request_model=\"m\",server_address=\"127.0.0.1\",server_port=\"";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final RawServer server = RawServer.start((number, talk) -> {
        if (talk.request().contains("\"wrong\"")) {
            talk.answer("400 no", "{}");
        } else if (number == 1) {
            talk.answer("503 no", "{}");
        } else if (talk.streamed()) {
            talk.beginStream().token("a").done().close();
        } else {
            talk.chat("hello");
        }
    });

    private Backstay backstay(GenAiNames names) {
        Backstay backstay = Backstay.builder()
                .baseUrl(server.baseUrl())
                .apiKey("secret-key")
                .listener(new CallMetrics(registry))
                .listener(new GenAiMetrics(registry, names))
                .build();
        return backstay;
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void an_error_that_was_tried_away_is_none_of_the_operation() {
        try (Backstay backstay = backstay(GenAiNames.LEGACY)) {
            backstay.send(backstay.ask("/chat/completions", CHAT));
        }
        String scraped = registry.scrape();
        assertThat(scraped)
                .contains("gen_ai_client_operation_duration_seconds_count" + LABELS)
                .doesNotContain("error_type")
                .contains("backstay_attempts_total{acknowledged=\"yes\",outcome=\"overloaded\",phase=\"awaiting\"")
                .contains("backstay_attempts_total{acknowledged=\"yes\",outcome=\"completed\",phase=\"done\"")
                .contains("backstay_calls_seconds_count{outcome=\"succeeded\",workload=\"interactive\"} 1")
                .contains("backstay_waits_total{why=\"backoff\"} 1")
                .contains("gen_ai_token_type=\"output\"")
                .doesNotContain("secret-key");
    }

    @Test
    void a_call_that_failed_says_how() {
        try (Backstay backstay = backstay(GenAiNames.LEGACY)) {
            assertThatThrownBy(
                            () -> backstay.send(backstay.ask("/chat/completions", CHAT.replace("\"m\"", "\"wrong\""))))
                    .isInstanceOf(CallFailed.class);
        }
        assertThat(registry.scrape())
                .containsPattern("operation_duration_seconds_count\\{error_type=\"bad_request\".* 1");
    }

    @Test
    void half_an_hour_has_a_bucket_and_a_stream_a_first_chunk() throws Exception {
        try (Backstay backstay = backstay(GenAiNames.LEGACY)) {
            try (LiveReply live = backstay.stream(backstay.ask("/chat/completions", STREAMED))) {
                live.body().readAllBytes();
            }
        }
        assertThat(registry.scrape())
                .contains("le=\"2621.44\"")
                .containsPattern("gen_ai_client_operation_time_to_first_chunk_seconds_count\\{.*} 1");
    }

    @Test
    void the_current_names_are_a_switch_away() {
        try (Backstay backstay = backstay(GenAiNames.CURRENT)) {
            backstay.send(backstay.ask("/chat/completions", CHAT));
        }
        assertThat(registry.scrape())
                .contains("gen_ai_client_inference_duration_seconds_count" + LABELS)
                .containsPattern("gen_ai_client_inference_usage_output_tokens_total\\{.*} 1.0")
                .doesNotContain("gen_ai_client_operation");
    }

    @Test
    void what_is_no_inference_is_not_told_of_as_one() {
        try (Backstay backstay = backstay(GenAiNames.LEGACY)) {
            backstay.send(backstay.ask("/models", ""));
        }
        assertThat(registry.scrape()).doesNotContain("gen_ai").contains("backstay_calls_seconds_count");
    }

    @Test
    void models_are_bounded() {
        GenAiMetrics metrics = new GenAiMetrics(registry, GenAiNames.LEGACY);
        try (Backstay backstay =
                Backstay.builder().baseUrl(server.baseUrl()).listener(metrics).build()) {
            for (int i = 0; i < GenAiMetrics.MODELS_LIMIT + 5; i++) {
                backstay.send(backstay.ask("/chat/completions", CHAT.replace("\"m\"", "\"m" + i + "\"")));
            }
        }
        assertThat(registry.scrape())
                .contains("gen_ai_request_model=\"_OTHER\"")
                .doesNotContain("\"m104\"");
    }
}
