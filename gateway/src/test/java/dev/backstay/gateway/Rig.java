package dev.backstay.gateway;

import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.simulator.Script;
import dev.backstay.simulator.SimulatorServer;
import dev.backstay.simulator.Story;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** A gateway in front of a simulated provider, over real sockets. */
final class Rig implements AutoCloseable {

    private static final InetSocketAddress ANYWHERE = new InetSocketAddress("127.0.0.1", 0);

    /** Quick, so that tests are. */
    static final Script QUICK = Script.HEALTHY.withSpeed(20, 0.5, 2);

    final SimulatorServer simulator;
    final Gateway gateway;
    final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    Rig(Script script, boolean tls, boolean trusted) throws Exception {
        simulator = SimulatorServer.start(script, ANYWHERE, tls, 7);
        gateway = Gateway.start(
                GatewayConfig.defaults(URI.create(simulator.url() + "/inference/v1"), Optional.of("secret-key"))
                        .listeningOn(ANYWHERE),
                trusted ? simulator.certificate() : Optional.empty());
    }

    static Rig with(String... story) throws Exception {
        return new Rig(QUICK.with(Story.of(story)), false, false);
    }

    /** A chat request. */
    static String chat(int tokens, boolean streamed) {
        return "{\"model\":\"m\",\"stream\":" + streamed + ",\"max_tokens\":" + tokens + ",\"ignore_eos\":true,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
    }

    HttpResponse<String> post(String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(gateway.url() + path))
                .timeout(Duration.ofSeconds(60))
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> get(String path) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create(gateway.url() + path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** A raw connection to the gateway. */
    Socket connect() throws IOException {
        Socket socket = new Socket("127.0.0.1", gateway.address().getPort());
        socket.setSoTimeout(60_000);
        return socket;
    }

    static void send(Socket socket, String path, String body) throws IOException {
        String request =
                "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
        socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
    }

    /** Everything until the gateway closes the connection. */
    static String readAll(Socket socket) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            InputStream in = socket.getInputStream();
            for (int b = in.read(); b >= 0; b = in.read()) {
                all.write(b);
            }
        } catch (IOException reset) {
            all.writeBytes("<reset>".getBytes(StandardCharsets.UTF_8));
        }
        return all.toString(StandardCharsets.UTF_8);
    }

    /** Reads until this text has come; what comes with it in one piece is read too. */
    static String readUntil(Socket socket, String text) throws IOException {
        StringBuilder all = new StringBuilder();
        byte[] piece = new byte[64 * 1024];
        int searched = 0;
        while (all.indexOf(text, searched) < 0) {
            searched = Math.max(0, all.length() - text.length());
            int read = socket.getInputStream().read(piece);
            if (read < 0) {
                throw new IOException("ended before '" + text + "': " + all);
            }
            all.append(new String(piece, 0, read, StandardCharsets.ISO_8859_1));
        }
        return all.toString();
    }

    @Override
    public void close() {
        gateway.close();
        simulator.close();
    }
}
