package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that cannot be served: each gets an answer at once, and changes nothing for the next one. */
@Timeout(120)
class BadRequestTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHAT = "/v1/chat/completions";

    @ParameterizedTest(name = "{0} {1} {2}: {3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "POST | /v1/chat/completions | not json        | 400 | bad_request",
                "POST | /v1/chat/completions | [1]             | 400 | bad_request",
                "POST | /v1/chat/completions | {\"model\":     | 400 | bad_request",
                "POST | /nowhere             | {}              | 404 | unknown_path",
                "GET  | /v1                  |                 | 404 | unknown_path",
                "GET  | /v1/                 |                 | 404 | unknown_path",
                "TRACE | /v1/models          |                 | 405 | wrong_method",
            })
    void a_request_that_cannot_be_served_is_refused_and_the_connection_lives_on(
            String method, String path, String body, int status, String code) throws Exception {
        try (Rig rig = Rig.with("then: healthy");
                Socket socket = rig.connect()) {
            String sent = body == null ? "" : body;
            String request = method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + sent.length()
                    + "\r\n\r\n" + sent;
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            assertThat(Rig.readUntil(socket, "\"attempts\":0}}")).contains("HTTP/1.1 " + status, "\"code\":\"" + code);
            Rig.send(socket, CHAT, Rig.chat(3, false));
            assertThat(Rig.readUntil(socket, "\"completion_tokens\":3")).contains("HTTP/1.1 200");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "Backstay-Workload, fast, bad_workload",
        "Backstay-Timeout, soon, bad_timeout",
        "Backstay-Timeout, 0s, bad_timeout"
    })
    void headers_that_make_no_sense_are_refused(String header, String value, String code) throws Exception {
        try (Rig rig = Rig.with("then: healthy")) {
            HttpResponse<String> answer = rig.post(CHAT, Rig.chat(3, false), header, value);
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(JSON.readTree(answer.body()).at("/error/code").asText()).isEqualTo(code);
        }
    }

    @Test
    void a_body_that_is_too_large_is_refused_and_said_so() throws Exception {
        try (Rig rig = Rig.with("then: healthy")) {
            HttpResponse<String> answer = rig.post(CHAT, "x".repeat(40 * 1024 * 1024));
            assertThat(answer.statusCode()).isEqualTo(413);
            assertThat(answer.body()).contains("larger than 32 MiB");
            assertThat(rig.post(CHAT, Rig.chat(3, false)).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void what_is_not_http_is_refused() throws Exception {
        try (Rig rig = Rig.with("then: healthy");
                Socket socket = rig.connect()) {
            socket.getOutputStream().write("HELO gateway\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            assertThat(Rig.readAll(socket)).contains("HTTP/1.1 400");
        }
    }
}
