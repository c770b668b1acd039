package dev.backstay.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimulatorServerTest {

    private static final Script HALF_FAILS =
            Script.HEALTHY.withSpeed(1, 0, 1).with(Story.of("then: fail 50% with 503"));
    private static final int REQUESTS = 20;
    private static final int LOOKS = 1_000;

    /** A slow machine looks more often whether to listen, before and between the requests. */
    @Test
    void the_same_seed_fails_the_same_requests_however_much_time_passes() throws Exception {
        List<Integer> quick = statuses(0);
        assertThat(quick).contains(200, 503);
        assertThat(statuses(LOOKS)).isEqualTo(quick);
    }

    private static List<Integer> statuses(int looks) throws Exception {
        HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        List<Integer> statuses = new ArrayList<>();
        try (SimulatorServer server =
                SimulatorServer.start(HALF_FAILS, new InetSocketAddress("127.0.0.1", 0), false, 7)) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(server.url() + "/inference/v1/chat/completions"))
                    .header("Authorization", "Bearer k")
                    .POST(HttpRequest.BodyPublishers.ofString(
                            "{\"model\":\"m\",\"max_tokens\":2,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"))
                    .build();
            for (int i = 0; i < REQUESTS; i++) {
                server.look(looks);
                statuses.add(
                        http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode());
            }
        }
        return statuses;
    }
}
