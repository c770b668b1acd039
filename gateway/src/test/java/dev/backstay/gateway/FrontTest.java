package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.testkit.Chats;
import dev.backstay.testkit.RawServer;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What callers meet before a provider is asked: TLS, limits, comments while they wait. */
@ExtendWith(NoBufferLeaks.class)
class FrontTest {

    private static final RawServer.Script FINE = (number, talk) -> talk.answer("200 OK", Chats.chat("fine", "stop"));

    @TempDir
    private Path folder;

    @Test
    void a_new_certificate_is_taken_over_while_it_runs_and_a_wrong_one_is_not() throws Exception {
        X509Bundle one = certificate("one");
        X509Bundle two = certificate("two");
        Path settings = folder.resolve("backstay.yaml");
        try (RawServer api = RawServer.start(FINE)) {
            write(one, one);
            Files.writeString(
                    settings,
                    "listen: 127.0.0.1:0\nupstream: {url: \"" + api.baseUrl()
                            + "\"}\ntls: {certificate: tls.crt, key: tls.key}\n");
            try (Gateway gateway = Gateway.start(GatewayConfig.read(settings, name -> null))) {
                gateway.watch(settings, () -> GatewayConfig.read(settings, name -> null));
                try (SSLSocket early = connect(gateway, one)) {
                    write(two, one); // the pair does not match: not taken
                    assertThat(gateway.reload(() -> GatewayConfig.read(settings, name -> null)))
                            .isFalse();
                    assertThat(served(gateway, one)).isTrue();
                    write(two, two);
                    until(() -> served(gateway, two));
                    assertThat(served(gateway, one))
                            .as("new connections see the new one only")
                            .isFalse();
                    assertThat(ask(early))
                            .as("a connection that was there goes on")
                            .contains("fine");
                }
            }
        }
    }

    @Test
    void what_is_no_certificate_is_said_so() throws Exception {
        X509Bundle one = certificate("one");
        write(one, one);
        Files.writeString(
                folder.resolve("tls.key"), "-----BEGIN RSA PRIVATE KEY-----\nMII=\n-----END RSA PRIVATE KEY-----\n");
        Path settings = Files.writeString(
                folder.resolve("backstay.yaml"), "listen: 127.0.0.1:0\ntls: {certificate: tls.crt, key: tls.key}\n");
        assertThatThrownBy(() -> Gateway.start(GatewayConfig.read(settings, name -> null)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("tls.key has no private key in PKCS#8")
                .hasMessageContaining("openssl pkcs8");
    }

    @Test
    void who_drips_a_head_is_cut_off() throws Exception {
        try (RawServer api = RawServer.start(FINE);
                Gateway gateway = gateway(api, "limits: {head-time: 300ms}");
                Socket socket = connect(gateway)) {
            socket.getOutputStream().write("POST /v1/chat".getBytes(StandardCharsets.US_ASCII));
            long begun = System.nanoTime();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
            assertThat(System.nanoTime() - begun).isBetween(200_000_000L, 5_000_000_000L);
        }
    }

    @Test
    void connections_beyond_the_limit_are_closed_and_the_others_are_served() throws Exception {
        try (RawServer api = RawServer.start(FINE);
                Gateway gateway = gateway(api, "limits: {connections: 3}")) {
            List<Socket> good = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                good.add(connect(gateway));
                assertThat(ask(good.get(i))).contains("fine");
            }
            try (Socket fourth = connect(gateway)) {
                assertThat(readQuietly(fourth.getInputStream())).isEqualTo(-1);
            }
            assertThat(ask(good.get(1))).contains("fine");
            good.get(0).close();
            until(() -> gateway.connections() < 3);
            try (Socket again = connect(gateway)) {
                assertThat(ask(again)).contains("fine");
            }
            for (Socket socket : good) {
                socket.close();
            }
        }
    }

    @Test
    void who_waits_for_a_stream_is_sent_comments_and_a_failure_is_then_an_event() throws Exception {
        String route =
                "routes: {m: {targets: [{}], keep-alive: 100ms, timeouts: {connect: 500ms, write: 1s, first-token: 1s, answer: 1s, idle: 1s, total: 1s}}}";
        try (RawServer api = RawServer.start((number, talk) -> {
                    if (number == 1) {
                        talk.pause(350);
                        talk.beginStream().token("one").done().close();
                    } else {
                        talk.silence();
                    }
                });
                Gateway gateway = gateway(api, route)) {
            String good = stream(gateway);
            assertThat(good)
                    .containsSubsequence(
                            "200 OK", ": backstay is waiting", ": backstay is waiting", "\"one\"", "[DONE]");
            String failed = stream(gateway);
            assertThat(failed)
                    .containsSubsequence("200 OK", ": backstay is waiting", "\"error\"")
                    .doesNotContain("[DONE]");
            assertThat(failed).doesNotEndWith("0\r\n\r\n");
        }
    }

    private static String stream(Gateway gateway) throws IOException {
        try (Socket socket = connect(gateway)) {
            String body = "{\"model\":\"m\",\"stream\":true}";
            Rig.send(socket, "/v1/chat/completions", body);
            StringBuilder all = new StringBuilder();
            int next = readQuietly(socket.getInputStream());
            while (next >= 0 && all.indexOf("0\r\n\r\n", Math.max(0, all.length() - 5)) < 0) {
                all.append((char) next);
                next = all.indexOf("[DONE]") > 0 ? -1 : readQuietly(socket.getInputStream());
            }
            return all.toString();
        }
    }

    private static int readQuietly(InputStream in) {
        try {
            return in.read();
        } catch (IOException reset) {
            return -1;
        }
    }

    private Gateway gateway(RawServer api, String more) throws IOException {
        return Gateway.start(GatewayConfig.read(
                Files.writeString(
                        folder.resolve("backstay.yaml"),
                        "listen: 127.0.0.1:0\nupstream: {url: \"" + api.baseUrl() + "\"}\n" + more + "\n"),
                name -> null));
    }

    private static Socket connect(Gateway gateway) throws IOException {
        Socket socket = new Socket("127.0.0.1", gateway.address().getPort());
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static String ask(Socket socket) throws IOException {
        Rig.send(socket, "/v1/chat/completions", "{\"model\":\"m\"}");
        return Rig.readUntil(socket, "}}");
    }

    private static boolean served(Gateway gateway, X509Bundle expected) {
        try (SSLSocket socket = connect(gateway, expected)) {
            return ask(socket).contains("fine");
        } catch (Exception another) {
            return false;
        }
    }

    /** A connection that trusts this certificate only. */
    private static SSLSocket connect(Gateway gateway, X509Bundle trusted) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        X509Certificate certificate = trusted.getCertificate();
        store.setCertificateEntry("one", certificate);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket("127.0.0.1", gateway.address().getPort());
        socket.setSoTimeout(20_000);
        socket.startHandshake();
        return socket;
    }

    private void write(X509Bundle certificate, X509Bundle key) throws IOException {
        Files.writeString(folder.resolve("tls.crt"), certificate.getCertificatePEM());
        Files.writeString(folder.resolve("tls.key"), key.getPrivateKeyPEM());
    }

    private static X509Bundle certificate(String name) throws Exception {
        return new CertificateBuilder()
                .subject("CN=" + name)
                .addSanDnsName("localhost")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
    }

    private static void until(BooleanSupplier holds) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            LockSupport.parkNanos(1_000_000);
        }
    }
}
