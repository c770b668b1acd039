package dev.backstay.diagnosis;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** Does the proxy let us through? */
final class Tunnel {

    static final String STEP = "proxy";

    private static final int LINES_LIMIT = 100;
    private static final String SAID = "the proxy says: ";

    private Tunnel() {}

    static void look(Examination exam) {
        if (exam.patient().proxy().isEmpty()) {
            return;
        }
        exam.begin();
        try {
            open(exam).close();
            exam.pass(
                    STEP,
                    "lets us through to " + exam.patient().host() + ":"
                            + exam.patient().port());
        } catch (IOException refused) {
            String said = String.valueOf(refused.getMessage());
            exam.fail(
                    STEP,
                    said,
                    said.contains(" 407")
                            ? "give its user and password in the proxy's URL"
                            : said.contains(" 403") || said.contains(" 401")
                                    ? "ask who runs the proxy to allow "
                                            + exam.patient().host() + ":"
                                            + exam.patient().port()
                                    : "check that it is an HTTP proxy, and that it reaches the API");
        }
    }

    /** A connection to the API, through the proxy if there is one. */
    static Socket open(Examination exam) throws IOException {
        int limit = (int) exam.clocks().connect().toMillis();
        Socket socket = new Socket();
        try {
            socket.connect(exam.reachable.orElseThrow(), limit);
            socket.setSoTimeout(limit);
            Optional<URI> proxy = exam.patient().proxy();
            if (proxy.isPresent()) {
                through(socket, proxy.get(), exam.patient());
            }
            return socket;
        } catch (IOException | RuntimeException failed) {
            socket.close();
            throw failed;
        }
    }

    private static void through(Socket socket, URI proxy, Patient patient) throws IOException {
        String host = patient.host().indexOf(':') < 0 ? patient.host() : "[" + patient.host() + "]";
        String where = host + ":" + patient.port();
        String authorization = proxy.getUserInfo() == null
                ? ""
                : "Proxy-Authorization: Basic "
                        + Base64.getEncoder().encodeToString(proxy.getUserInfo().getBytes(StandardCharsets.UTF_8))
                        + "\r\n";
        socket.getOutputStream()
                .write(("CONNECT " + where + " HTTP/1.1\r\nHost: " + where + "\r\n" + authorization + "\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1));
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1), 1);
        String status = reader.readLine();
        if (status == null) {
            throw new IOException(SAID + "nothing, and closes");
        }
        String line = status;
        for (int lines = 0; line != null && !line.isEmpty() && lines < LINES_LIMIT; lines++) {
            line = reader.readLine();
        }
        if (!status.matches("HTTP/1\\.[01] 2\\d\\d.*")) {
            throw new IOException(SAID + status);
        }
    }
}
