package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.ledger.AttemptTally;
import dev.backstay.ledger.Ledger;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls do not wait for the ledger, whatever it does; and it says so. */
class KeepingTest {

    private static final int CALLS = 200;

    private final HttpClient http = HttpClient.newHttpClient();
    private RawServer api;

    @TempDir
    private Path folder;

    @BeforeEach
    void start() {
        api = RawServer.start((number, talk) -> talk.chat("fine"));
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private Gateway gateway(String ledger) throws IOException {
        Path settings = Files.writeString(
                folder.resolve("backstay.yaml"),
                "listen: 127.0.0.1:0\nledger: \"" + ledger + "\"\nupstream: {url: \"" + api.baseUrl() + "\"}\n");
        return Gateway.start(GatewayConfig.read(settings, name -> null));
    }

    private HttpResponse<String> get(Gateway gateway, String path) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create(gateway.url() + path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** All are answered, while the ledger is as it is. */
    private void callsAreServed(Gateway gateway) throws Exception {
        for (int i = 0; i < CALLS; i++) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/chat/completions"))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"m\",\"messages\":[]}"))
                    .build();
            assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
        }
    }

    private void awaitMetric(Gateway gateway, String line) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!get(gateway, "/metrics").body().contains(line)) {
            assertThat(System.nanoTime()).as("%s comes", line).isLessThan(until);
        }
    }

    private long kept() {
        try (Ledger ledger = Ledger.existing(folder.resolve("ledger.db").toString())) {
            return ledger.tallies().attempts(0, Long.MAX_VALUE).stream()
                    .mapToLong(AttemptTally::attempts)
                    .sum();
        }
    }

    @Test
    void a_ledger_that_cannot_be_opened_holds_up_nobody_and_is_told_of() throws Exception {
        Files.writeString(folder.resolve("ledger.db"), "somebody else's file");
        try (Gateway gateway = gateway("ledger.db")) {
            callsAreServed(gateway);
            awaitMetric(gateway, "backstay_ledger_failing 1.0");
        }
        assertThat(folder.resolve("ledger.db")).hasContent("somebody else's file");
    }

    @Test
    void a_server_that_is_not_there_holds_up_nobody() throws Exception {
        try (Gateway gateway = gateway("postgresql://127.0.0.1:9/backstay?user=me&password=secret-4715")) {
            callsAreServed(gateway);
            awaitMetric(gateway, "backstay_ledger_failing 1.0");
        }
    }

    @Test
    void a_server_that_never_says_anything_holds_up_nobody() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
            Gateway gateway =
                    gateway("postgresql://127.0.0.1:" + silent.getLocalPort() + "/backstay?user=me&socketTimeout=3600");
            try (Socket heard = silent.accept()) {
                callsAreServed(gateway);
                assertThat(heard.isClosed()).as("it is still waited for").isFalse();
            } finally {
                gateway.close();
            }
        }
    }

    @Test
    void a_server_that_says_nothing_is_told_of() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
                Gateway gateway = gateway(
                        "postgresql://127.0.0.1:" + silent.getLocalPort() + "/backstay?user=me&socketTimeout=1")) {
            callsAreServed(gateway);
            awaitMetric(gateway, "backstay_ledger_failing 1.0");
            callsAreServed(gateway);
        }
    }

    @Test
    void a_ledger_that_somebody_has_locked_gets_everything_when_it_is_free() throws Exception {
        Ledger.open(folder.resolve("ledger.db").toString()).close();
        try (Connection locking = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("ledger.db"))) {
            locking.createStatement().execute("BEGIN IMMEDIATE");
            try (Gateway gateway = gateway("ledger.db")) {
                callsAreServed(gateway);
                locking.createStatement().execute("COMMIT");
            }
        }
        assertThat(kept()).isEqualTo(CALLS);
    }
}
