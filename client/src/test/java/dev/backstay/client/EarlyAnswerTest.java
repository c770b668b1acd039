package dev.backstay.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.testkit.RawServer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An API that answers before it has read the request (express-http-proxy#546). */
class EarlyAnswerTest {

    private static final String LARGE =
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(8_000_000) + "\"}]}";

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_refusal_while_the_request_is_sent_is_handed_on_and_asked_for_once(boolean polite) throws Exception {
        try (RawServer api = RawServer.startHasty((number, talk) -> {
                    talk.answer(
                            "413 Content Too Large", "{\"error\":{\"message\":\"too large\"}}", "Connection: close");
                    if (polite) {
                        talk.silence();
                    } else {
                        talk.close();
                    }
                });
                Backstay backstay =
                        Backstay.builder().baseUrl(api.baseUrl()).apiKey("k").build()) {
            assertThatThrownBy(() -> backstay.send(backstay.ask("/chat/completions", LARGE)))
                    .isInstanceOfSatisfying(CallFailed.class, failed -> {
                        assertThat(failed.failure().status()).isEqualTo(413);
                        assertThat(failed.failure().message()).contains("too large");
                    });
            assertThat(api.requests()).hasSize(1);
        }
    }
}
