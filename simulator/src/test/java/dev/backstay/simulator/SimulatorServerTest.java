package dev.backstay.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
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

    @Test
    void while_it_refuses_connections_nobody_else_gets_its_port() throws Exception {
        Script refusing = Script.HEALTHY.with(Story.of("then: fail 100% with refuse"));
        try (SimulatorServer server =
                SimulatorServer.start(refusing, new InetSocketAddress("127.0.0.1", 0), false, 7)) {
            while (isListening(server.address())) {
                server.look(1);
            }
            server.look(1);
            assertThat(isListening(server.address())).isFalse();
            try (ServerSocket other = new ServerSocket()) {
                other.setReuseAddress(false);
                assertThatThrownBy(() -> other.bind(server.address())).isInstanceOf(BindException.class);
            }
        }
    }

    private static boolean isListening(InetSocketAddress address) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(address);
            return true;
        } catch (ConnectException refused) {
            return false;
        }
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
