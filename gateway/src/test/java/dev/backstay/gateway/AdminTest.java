package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The port for people: who may look, and that it never stands in the way of calls. */
class AdminTest {

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

    private Gateway gateway(String admin) throws IOException {
        return Gateway.start(settings(admin));
    }

    private GatewayConfig settings(String admin) throws IOException {
        Path file = Files.writeString(
                folder.resolve("backstay.yaml"),
                "listen: 127.0.0.1:0\nadmin: " + admin + "\nupstream: {url: \"" + api.baseUrl() + "\"}\n");
        return GatewayConfig.read(file, name -> null);
    }

    /** What a browser gets, with these headers. */
    private static String get(InetSocketAddress where, String path, String... headers) throws IOException {
        try (Socket browser = new Socket(InetAddress.getLoopbackAddress(), where.getPort())) {
            String request = "GET " + path + " HTTP/1.1\r\nConnection: close\r\n" + String.join("\r\n", headers);
            browser.getOutputStream().write((request + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(browser.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void on_loopback_it_is_shown_under_names_of_this_machine_only() throws Exception {
        try (Gateway gateway = gateway("{listen: \"127.0.0.1:0\"}")) {
            InetSocketAddress page = gateway.admin().orElseThrow();
            for (String name : new String[] {"127.0.0.1:" + page.getPort(), "localhost", "[::1]:80"}) {
                assertThat(get(page, "/", "Host: " + name))
                        .startsWith("HTTP/1.1 200")
                        .contains("<title>Backstay");
            }
            for (String name : new String[] {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", ""}) {
                assertThat(get(page, "/api/calls", "Host: " + name)).startsWith("HTTP/1.1 403");
            }
            assertThat(get(page, "/")).startsWith("HTTP/1.1 403");
        }
    }

    @Test
    void nobody_elsewhere_can_put_it_into_a_page_or_run_a_script_in_it() throws Exception {
        try (Gateway gateway = gateway("{listen: \"127.0.0.1:0\"}")) {
            InetSocketAddress page = gateway.admin().orElseThrow();
            for (String path :
                    new String[] {"/", "/app.js", "/api/calls", "/metrics", "/nothing", "/api/calls/%22%3C"}) {
                assertThat(get(page, path, "Host: localhost"))
                        .containsIgnoringCase("Content-Security-Policy: default-src 'none'; script-src 'self'")
                        .contains("frame-ancestors 'none'")
                        .containsIgnoringCase("X-Content-Type-Options: nosniff");
            }
            assertThat(get(page, "/../backstay.yaml", "Host: localhost")).startsWith("HTTP/1.1 404");
        }
    }

    @Test
    void with_a_key_it_is_shown_to_who_knows_it() throws Exception {
        Files.writeString(folder.resolve("page.key"), "open-sesame-4715\n");
        try (Gateway gateway = gateway("{listen: \"0.0.0.0:0\", key-file: page.key}")) {
            InetSocketAddress page = gateway.admin().orElseThrow();
            for (String path : new String[] {"/", "/api/calls", "/api/events", "/metrics"}) {
                assertThat(get(page, path, "Host: ops.example"))
                        .startsWith("HTTP/1.1 401")
                        .containsIgnoringCase("WWW-Authenticate: Basic")
                        .doesNotContain("sesame");
                assertThat(get(page, path, "Host: ops.example", authorization("me:open-sesame")))
                        .startsWith("HTTP/1.1 401");
                assertThat(get(page, path, "Host: ops.example", "Authorization: Basic !!"))
                        .startsWith("HTTP/1.1 401");
            }
            assertThat(get(page, "/", "Host: ops.example", authorization("me:open-sesame-4715")))
                    .startsWith("HTTP/1.1 200");
        }
    }

    private static String authorization(String pair) {
        return "Authorization: Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void beyond_loopback_it_needs_a_key_that_can_be_read() throws Exception {
        assertThatThrownBy(() -> settings("{listen: \"0.0.0.0:8081\"}"))
                .hasMessage("admin.listen is 0.0.0.0:8081, where others can connect, and there is no key:"
                        + " set admin.key-file, or listen on 127.0.0.1");
        assertThatThrownBy(() -> settings("{listen: \"somewhere\"}"))
                .hasMessageContaining("admin.listen is 'somewhere'");
        GatewayConfig missing = settings("{listen: \"0.0.0.0:0\", key-file: page.key}");
        assertThatThrownBy(() -> Gateway.check(missing)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> Gateway.start(missing)).isInstanceOf(IOException.class);
        Files.writeString(folder.resolve("page.key"), " \n");
        assertThatThrownBy(() -> Gateway.check(missing))
                .hasMessageContaining("is empty: it must have the key of the page");
    }

    @Test
    void who_asks_again_before_the_answer_and_who_asks_too_much_is_sent_away() throws Exception {
        try (Gateway gateway = gateway("{listen: \"127.0.0.1:0\"}")) {
            InetSocketAddress page = gateway.admin().orElseThrow();
            String events = "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
            try (Socket rude = new Socket(InetAddress.getLoopbackAddress(), page.getPort())) {
                rude.getOutputStream().write((events + events + events).getBytes(StandardCharsets.US_ASCII));
                String all = new String(rude.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(all.split("HTTP/1.1 200", -1))
                        .as("one answer, and the end")
                        .hasSize(2);
            }
            assertThat(get(page, "/", "Host: localhost", "X-Long: " + "x".repeat(20_000)))
                    .doesNotContain("HTTP/1.1 200");
            assertThat(get(page, "/", "Host: localhost")).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void a_port_that_is_taken_keeps_no_call_from_being_served() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Gateway gateway = gateway("{listen: \"127.0.0.1:" + taken.getLocalPort() + "\"}")) {
            assertThat(gateway.admin()).isEmpty();
            assertThat(get(gateway.address(), "/health/ready", "Host: localhost"))
                    .startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void it_says_where_a_browser_finds_it() throws Exception {
        Files.writeString(folder.resolve("page.key"), "open-sesame-4715\n");
        try (Gateway gateway = gateway("{listen: \"127.0.0.1:0\", key-file: page.key}")) {
            assertThat(gateway.adminUrl())
                    .contains(
                            "http://127.0.0.1:" + gateway.admin().orElseThrow().getPort());
        }
        try (Gateway gateway = gateway("{listen: \"0.0.0.0:0\", key-file: page.key}")) {
            assertThat(gateway.adminUrl())
                    .contains(
                            "http://localhost:" + gateway.admin().orElseThrow().getPort());
        }
        try (Gateway gateway = gateway("{listen: \"nobody.invalid:8081\", key-file: page.key}")) {
            assertThat(gateway.adminUrl())
                    .as("a name without an address costs the page")
                    .isEmpty();
        }
    }

    @Test
    void without_it_nothing_listens() throws Exception {
        try (Gateway gateway = gateway("{listen: off}")) {
            assertThat(gateway.admin()).isEmpty();
        }
        assertThat(settings("{listen: off}").effective()).contains("admin:\n  listen: \"off\"\n");
    }

    @Test
    void what_is_off_stays_off_whatever_else_is_set() throws Exception {
        Path file = Files.writeString(
                folder.resolve("backstay.yaml"),
                "admin: {listen: off}\nledger: off\nroutes: {on: {targets: [{model: 1.10}]}}\n");
        Map<String, String> usual = Map.of("admin.listen", "127.0.0.1:8081", "ledger", "/var/ledger.db");
        GatewayConfig config = GatewayConfig.read(file, Map.of("BACKSTAY_DRAIN", "3s")::get, usual);
        assertThat(config.admin()).isEmpty();
        assertThat(config.ledger()).isEmpty();
        assertThat(config.routes().get("on").targets().get(0).model()).isEqualTo("1.10");
        Files.writeString(file, "{}");
        GatewayConfig silent = GatewayConfig.read(file, name -> null, usual);
        assertThat(silent.admin().orElseThrow().listen().getPort()).isEqualTo(8081);
        assertThat(silent.ledger().orElseThrow().where()).isEqualTo("/var/ledger.db");
    }

    @Test
    void a_ledger_that_cannot_be_read_is_said_and_hides_nothing_else() throws Exception {
        Files.writeString(folder.resolve("ledger.db"), "somebody else's file");
        Path file = Files.writeString(
                folder.resolve("backstay.yaml"),
                "listen: 127.0.0.1:0\nledger: ledger.db\nadmin: {listen: \"127.0.0.1:0\"}\nupstream: {url: \""
                        + api.baseUrl() + "\"}\n");
        try (Gateway gateway = Gateway.start(GatewayConfig.read(file, name -> null))) {
            InetSocketAddress page = gateway.admin().orElseThrow();
            assertThat(get(page, "/api/calls", "Host: localhost"))
                    .startsWith("HTTP/1.1 503")
                    .contains("the ledger cannot be read");
            assertThat(get(page, "/metrics", "Host: localhost")).contains("backstay_ledger_failing");
        }
    }
}
