package dev.backstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code backstay serve} as a process of its own, in front of a server of the test. */
final class GatewayProcess implements AutoCloseable {

    private static final String BODY = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";
    private static final int LONGEST_SECONDS = 120;

    private final Path folder;
    private final int port;
    private final Process process;

    private GatewayProcess(Path folder, int port, Process process) {
        this.folder = folder;
        this.port = port;
        this.process = process;
    }

    /**
     * Starts one and waits until it listens.
     *
     * @param folder for its settings, its log and its ledger
     * @param before words before its own, such as a shell that limits it
     */
    static GatewayProcess start(RawServer api, Path folder, String... before) throws Exception {
        int port = freePort();
        Path settings = Files.writeString(
                folder.resolve("backstay.yaml"),
                "upstream: {url: \"" + api.baseUrl() + "\"}\ndrain: 30s\nlisten: 127.0.0.1:" + port + "\n");
        List<String> words = new ArrayList<>(List.of(before));
        words.addAll(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                "--config",
                settings.toString()));
        ProcessBuilder command = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        command.environment().put("BACKSTAY_LEDGER", ledger(folder).toString());
        GatewayProcess gateway = new GatewayProcess(folder, port, command.start());
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS);
        while (!gateway.listens()) {
            assertThat(gateway.process.waitFor(20, TimeUnit.MILLISECONDS))
                    .as(gateway.log())
                    .isFalse();
            assertThat(System.nanoTime()).as(gateway.log()).isLessThan(until);
        }
        return gateway;
    }

    static Path ledger(Path folder) {
        return folder.resolve("ledger.db");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private boolean listens() {
        try {
            new Socket("127.0.0.1", port).close();
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    Path settings() {
        return folder.resolve("backstay.yaml");
    }

    String log() throws IOException {
        return Files.readString(folder.resolve("log"));
    }

    /** Waits until its log has these words. */
    void awaitLog(String words) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS);
        while (!log().contains(words)) {
            assertThat(process.waitFor(20, TimeUnit.MILLISECONDS)).as(log()).isFalse();
            assertThat(System.nanoTime()).as(log()).isLessThan(until);
        }
    }

    void signal(String name) throws Exception {
        new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor();
    }

    boolean ends() throws InterruptedException {
        return process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS);
    }

    void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** Kills it, if it still runs. */
    @Override
    public void close() {
        kill();
    }

    /** A caller who has asked for a stream. */
    Socket ask() throws IOException {
        return send("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "
                + BODY.length() + "\r\n\r\n" + BODY);
    }

    String get(String path) throws IOException {
        try (Socket socket = send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) {
            return readAll(socket);
        }
    }

    /** Waits until what it answers to this path has these words. */
    void awaitAnswer(String path, String words) throws IOException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS);
        while (!get(path).contains(words)) {
            assertThat(System.nanoTime()).as(log()).isLessThan(until);
        }
    }

    private Socket send(String request) throws IOException {
        Socket socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(LONGEST_SECONDS));
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** So many callers who have all had the first token. */
    List<Socket> open(int count, String firstToken) throws IOException {
        List<Socket> callers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            callers.add(ask());
        }
        for (Socket caller : callers) {
            StringBuilder seen = new StringBuilder();
            while (seen.indexOf(firstToken) < 0) {
                int next = caller.getInputStream().read();
                assertThat(next).as("the stream begins").isNotNegative();
                seen.append((char) next);
            }
        }
        return callers;
    }

    /** The rest of what this caller gets, with a mark where the connection breaks. */
    static String readAll(Socket socket) {
        StringBuilder all = new StringBuilder();
        try {
            byte[] piece = new byte[8192];
            for (int read = socket.getInputStream().read(piece);
                    read >= 0;
                    read = socket.getInputStream().read(piece)) {
                all.append(new String(piece, 0, read, StandardCharsets.ISO_8859_1));
            }
        } catch (IOException broken) {
            all.append("<broken>");
        }
        return all.toString();
    }
}
