package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.testkit.RawServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An API that answers before it has read the request (express-http-proxy#546). */
@ExtendWith(NoBufferLeaks.class)
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
                Gateway gateway = Gateway.start(GatewayConfig.defaults(URI.create(api.baseUrl()), Optional.empty())
                        .listeningOn(new InetSocketAddress("127.0.0.1", 0)))) {
            HttpResponse<String> got = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/chat/completions"))
                                    .POST(HttpRequest.BodyPublishers.ofString(LARGE))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(got.body()).contains("too large");
            assertThat(got.statusCode()).isEqualTo(413);
            assertThat(api.requests()).hasSize(1);
        }
    }
}
