package dev.backstay.testkit;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * A server on {@code localhost} that speaks TLS with a certificate of an authority of its own, and gives everybody one answer. For
 * certificates that are not as they should be.
 *
 * <p>Thread-safe.
 */
public final class TlsServer implements AutoCloseable {

    private static final int BACKLOG = 64;

    private final ServerSocket server;
    private final String authority;
    private final String body;
    private volatile Optional<Instant> time = Optional.empty();

    private TlsServer(ServerSocket server, String authority, String body) {
        this.server = server;
        this.authority = authority;
        this.body = body;
    }

    /**
     * Starts one.
     *
     * @param name whom the certificate is for
     * @param from since when it holds
     * @param until until when
     * @param body what it answers, with a 200
     */
    public static TlsServer start(String name, Instant from, Instant until, String body) throws Exception {
        X509Bundle authority = new CertificateBuilder()
                .subject("CN=our own authority")
                .setIsCertificateAuthority(true)
                .notBefore(Instant.now().minus(Duration.ofDays(365)))
                .notAfter(Instant.now().plus(Duration.ofDays(365)))
                .buildSelfSigned();
        X509Bundle own = new CertificateBuilder()
                .subject("CN=" + name)
                .addSanDnsName(name)
                .notBefore(from)
                .notAfter(until)
                .buildIssuedBy(authority);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.toKeyManagerFactory().getKeyManagers(), null, null);
        ServerSocket socket =
                context.getServerSocketFactory().createServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
        TlsServer server = new TlsServer(socket, authority.getCertificatePEM(), body);
        Thread serving = new Thread(server::serve, "tls-server");
        serving.setDaemon(true);
        serving.start();
        return server;
    }

    private void serve() {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                BufferedReader reader =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
                for (String line = reader.readLine(); line != null && !line.isEmpty(); ) {
                    line = reader.readLine();
                }
                String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                        time.orElseGet(Instant::now).atZone(ZoneOffset.UTC));
                socket.getOutputStream()
                        .write(("HTTP/1.1 200 OK\r\nDate: " + date + "\r\nConnection: close\r\nContent-Length: "
                                        + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body)
                                .getBytes(StandardCharsets.UTF_8));
            } catch (IOException refusedOrClosed) {
                // the client does not like the certificate, or it is over
            }
        }
    }

    /** From now on its answers have this date. */
    public void thinksItIs(Instant now) {
        time = Optional.of(now);
    }

    /** The base URL for clients of inference, with its version. */
    public String baseUrl() {
        return "https://localhost:" + server.getLocalPort() + "/v1";
    }

    /** The certificate of its authority, as PEM. */
    public String authority() {
        return authority;
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
