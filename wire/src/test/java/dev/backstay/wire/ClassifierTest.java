package dev.backstay.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.core.Acknowledged;
import dev.backstay.core.Failure;
import dev.backstay.core.FailureKind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every rule with a body as it was recorded; values are illustrative, keys and shapes are the platform's. */
class ClassifierTest {

    private static final Classifier FIREWORKS = new FireworksClassifier();
    private static final Classifier OPENAI = new OpenAiClassifier();

    @Test
    void shape_a_gateway_object() {
        String body = "{\"error\":{\"message\":\"Model not found, inaccessible, and/or not deployed\",\"param\":null,"
                + "\"code\":\"NOT_FOUND\",\"type\":\"error\"},\"request_id\":\"0b4e\"}";
        Failure failure = classify(FIREWORKS, 404, body);
        assertThat(failure.kind()).isEqualTo(FailureKind.NOT_FOUND);
        assertThat(failure.message()).isEqualTo("Model not found, inaccessible, and/or not deployed");
        assertThat(failure.acknowledged()).isEqualTo(Acknowledged.YES);
    }

    @Test
    void shape_b_rate_limit_that_calls_itself_an_invalid_request() {
        String body = "{\"error\":{\"object\":\"error\",\"type\":\"invalid_request_error\",\"code\":"
                + "\"invalid_request_error\",\"message\":\"rate limit exceeded, please try again later\"}}";
        assertThat(classify(FIREWORKS, 429, body).kind()).isEqualTo(FailureKind.RATE_LIMITED);
    }

    @Test
    void shape_c_no_first_token_before_the_servers_deadline_is_overload() {
        String body = "{\"error\":{\"object\":\"error\",\"type\":\"invalid_request_error\",\"code\":"
                + "\"too_many_requests\",\"message\":\"Request didn't generate first token before the given deadline\"}}";
        assertThat(classify(FIREWORKS, 429, body).kind()).isEqualTo(FailureKind.OVERLOADED);
    }

    @Test
    void shape_d_error_is_a_string() {
        String body = "{\"error\":\"Too Many Requests\",\"message\":\"You have exceeded your usage limits.\"}";
        Failure failure = classify(FIREWORKS, 429, body);
        assertThat(failure.kind()).isEqualTo(FailureKind.RATE_LIMITED);
        assertThat(failure.message()).isEqualTo("You have exceeded your usage limits.");
    }

    @Test
    void shape_e_nothing_is_nested() {
        String body =
                "{\"message\":\"Gateway timeout\",\"param\":null,\"code\":\"GATEWAY_TIMEOUT\",\"type\":\"error\"}";
        Failure failure = classify(FIREWORKS, 504, body);
        assertThat(failure.kind()).isEqualTo(FailureKind.SERVER_TIMEOUT);
        assertThat(failure.message()).isEqualTo("Gateway timeout");
    }

    @Test
    void shape_f_grpc_gateway() {
        Failure failure = classify(FIREWORKS, 404, "{\"code\":5,\"message\":\"resource not found\",\"details\":[]}");
        assertThat(failure.kind()).isEqualTo(FailureKind.NOT_FOUND);
        assertThat(failure.message()).isEqualTo("resource not found");
    }

    @Test
    void shape_g_fastapi() {
        String body = "{\"detail\":[{\"loc\":[\"body\",\"messages\"],\"msg\":\"field required\",\"type\":"
                + "\"value_error\",\"input\":null,\"ctx\":{}}]}";
        Failure failure = classify(FIREWORKS, 422, body);
        assertThat(failure.kind()).isEqualTo(FailureKind.BAD_REQUEST);
        assertThat(failure.message()).isEqualTo("field required");
    }

    @Test
    void shape_h_suspended_account_is_final_though_it_looks_transient() {
        String body = "{\"error\":\"Account acme is suspended, possibly due to reaching the monthly spending limit\"}";
        Failure failure = classify(FIREWORKS, 412, body);
        assertThat(failure.kind()).isEqualTo(FailureKind.ACCOUNT_BLOCKED);
        assertThat(failure.message()).startsWith("Account acme is suspended");
    }

    @Test
    void an_html_page_comes_from_the_edge_so_nobody_knows_whether_the_api_saw_the_request() {
        String page =
                "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>";
        Failure failure = classify(FIREWORKS, 502, page);
        assertThat(failure.kind()).isEqualTo(FailureKind.BAD_GATEWAY);
        assertThat(failure.acknowledged()).isEqualTo(Acknowledged.UNKNOWN);
        assertThat(failure.message()).isEqualTo("502 Bad Gateway cloudflare");
    }

    @ParameterizedTest(name = "Fireworks {0} {1}: {2}")
    @CsvSource({
        "400, '', BAD_REQUEST",
        "401, '', UNAUTHORIZED",
        "402, '', ACCOUNT_BLOCKED",
        "403, UNAUTHORIZED, UNAUTHORIZED",
        "404, '', NOT_FOUND",
        "405, '', BAD_REQUEST",
        "408, '', SERVER_TIMEOUT",
        "409, '', BAD_REQUEST",
        "412, PRECONDITION_FAILED, ACCOUNT_BLOCKED",
        "413, '', BAD_REQUEST",
        "422, '', BAD_REQUEST",
        "425, '', NOT_READY",
        "429, quota_exceeded, RATE_LIMITED",
        "429, too_many_requests, RATE_LIMITED",
        "500, '', SERVER_ERROR",
        "501, '', SERVER_ERROR",
        "502, '', BAD_GATEWAY",
        "503, '', OVERLOADED",
        "503, DEPLOYMENT_SCALING_UP, NOT_READY",
        "504, '', SERVER_TIMEOUT",
        "520, '', BAD_GATEWAY",
        "524, '', SERVER_TIMEOUT",
        "599, '', SERVER_ERROR",
        "301, '', BAD_REQUEST"
    })
    void fireworks_table(int status, String code, FailureKind kind) {
        assertThat(classify(FIREWORKS, status, "{\"error\":{\"code\":\"" + code + "\",\"message\":\"\"}}")
                        .kind())
                .isEqualTo(kind);
    }

    @ParameterizedTest(name = "OpenAI {0} {1}: {2}")
    @CsvSource({
        "429, insufficient_quota, ACCOUNT_BLOCKED", "429, rate_limit_exceeded, RATE_LIMITED", "409, '', NOT_READY",
        "529, overloaded_error, OVERLOADED", "503, '', OVERLOADED", "400, '', BAD_REQUEST"
    })
    void openai_table(int status, String code, FailureKind kind) {
        assertThat(classify(OPENAI, status, "{\"error\":{\"code\":\"" + code + "\"}}")
                        .kind())
                .isEqualTo(kind);
    }

    @ParameterizedTest
    @CsvSource({
        "400, context_length_exceeded, This model's maximum context length is 8192 tokens",
        "400, '', 'The prompt is too long: 140000, model maximum context length: 131071'",
        "413, '', prompt is too long",
        "422, '', This model's maximum context length is 4096 tokens"
    })
    void a_prompt_that_is_too_long_is_not_a_bad_request_for_every_model(int status, String code, String message) {
        String body = "{\"error\":{\"code\":\"" + code + "\",\"message\":\"" + message + "\"}}";
        assertThat(classify(OPENAI, status, body).kind()).isEqualTo(FailureKind.PROMPT_TOO_LONG);
        assertThat(classify(FIREWORKS, status, body).kind()).isEqualTo(FailureKind.PROMPT_TOO_LONG);
    }

    @ParameterizedTest
    @CsvSource({"''", "'not json'", "'{'", "'{\"error\":'", "'[]'", "'null'", "'{\"error\":null}'", "'{\"detail\":3}'"})
    void junk_bodies_are_judged_by_their_status(String body) {
        assertThat(classify(FIREWORKS, 503, body).kind()).isEqualTo(FailureKind.OVERLOADED);
    }

    @Test
    void the_servers_wishes_are_kept() {
        Failure failure = FIREWORKS.classify(new Classifier.Refusal(
                503,
                Headers.of(Map.of("retry-after", "7", "x-should-retry", "false")),
                ErrorBody.parse(new byte[0], 0),
                Instant.EPOCH));
        assertThat(failure.hint()).contains(Duration.ofSeconds(7));
        assertThat(failure.again()).contains(false);
    }

    private static Failure classify(Classifier classifier, int status, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return classifier.classify(
                new Classifier.Refusal(status, Headers.NONE, ErrorBody.parse(bytes, bytes.length), Instant.EPOCH));
    }
}
