package dev.backstay.testkit;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * Where an API should be that cannot be reached, so that it never hears a request.
 *
 * @param url its base URL
 * @param holding what makes it so
 */
public record Place(String url, List<Closeable> holding) implements Closeable {

    /** Makes one. */
    @FunctionalInterface
    public interface Maker {
        /** Makes one. */
        Place make() throws Exception;
    }

    private static final int CONNECTIONS = 8;

    /** A name that does not exist. */
    public static Place unknownName() {
        return new Place("http://nobody.test/v1", List.of());
    }

    /** A name for which the name server does not answer. */
    public static Place silentNameServer() {
        return new Place("http://" + NameServer.SILENT + "/v1", List.of());
    }

    /** Nobody listens there. */
    public static Place refused() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new Place("http://127.0.0.1:" + free.getLocalPort() + "/v1", List.of());
        }
    }

    /** Connections are neither accepted nor refused. */
    public static Place blackHole() throws IOException {
        return blackHole(new InetSocketAddress("127.0.0.1", 0));
    }

    /** The same at this address. Its queue is full, so the kernel drops whoever knocks. */
    public static Place blackHole(InetSocketAddress address) throws IOException {
        List<Closeable> holding = new ArrayList<>();
        ServerSocket full = new ServerSocket();
        holding.add(full);
        full.bind(address, 1);
        for (int i = 0; i < CONNECTIONS; i++) {
            Socket waiting = new Socket();
            holding.add(waiting);
            try {
                waiting.connect(full.getLocalSocketAddress(), 50);
            } catch (IOException isFull) {
                break;
            }
        }
        return new Place("http://" + address.getHostString() + ":" + full.getLocalPort() + "/v1", holding);
    }

    /** Connections are accepted, and nothing is ever said. */
    public static Place silentTls() throws IOException {
        ServerSocket listening = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        return new Place("https://127.0.0.1:" + listening.getLocalPort() + "/v1", List.of(listening));
    }

    /** Connections to this address are accepted, and nothing is ever said. */
    public static Place mute(InetSocketAddress address) throws IOException {
        ServerSocket listening = new ServerSocket(address.getPort(), 64, address.getAddress());
        return new Place(
                "http://" + address.getHostString() + ":" + listening.getLocalPort() + "/v1", List.of(listening));
    }

    /** It shows a certificate that nobody vouches for. */
    public static Place wrongCertificate() throws Exception {
        X509Bundle bundle = new CertificateBuilder()
                .subject("CN=somebody else")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        KeyManagerFactory keys = bundle.toKeyManagerFactory();
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), null, null);
        ServerSocket listening =
                tls.getServerSocketFactory().createServerSocket(0, 64, InetAddress.getLoopbackAddress());
        Thread greeting = new Thread(() -> greet(listening), "wrong-certificate");
        greeting.setDaemon(true);
        greeting.start();
        return new Place("https://127.0.0.1:" + listening.getLocalPort() + "/v1", List.of(listening));
    }

    private static void greet(ServerSocket listening) {
        while (!listening.isClosed()) {
            try (Socket socket = listening.accept()) {
                socket.getInputStream().read();
            } catch (IOException refusedOrClosed) {
                // the caller does not like the certificate, or the test is over
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (Closeable each : holding) {
            each.close();
        }
    }
}
