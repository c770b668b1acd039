package dev.backstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.ledger.AttemptTally;
import dev.backstay.ledger.Ledger;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway as a process: how it stops, and what a kill leaves behind. */
class ServeProcessTest {

    private static final int STREAMS = 500;
    private static final int TOKENS = 20;
    private static final String BODY = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";

    @TempDir
    private Path folder;

    @Test
    void told_to_stop_it_lets_500_streams_end_and_takes_no_new_call() throws Exception {
        int port = freePort();
        try (RawServer api = streams()) {
            Process gateway = start(api, port);
            List<Socket> callers = open(port, STREAMS);
            gateway.destroy(); // SIGTERM
            String late = "";
            int stillServed = 0;
            for (int tries = 0; tries < 100 && !late.contains(" 503 "); tries++) {
                try (Socket socket = ask(port)) {
                    late = readAll(socket);
                    stillServed += late.contains(" 200 ") ? 1 : 0;
                }
            }
            assertThat(late).contains("HTTP/1.1 503", "retry-after: 1", "connection: close", "draining");
            int whole = 0;
            for (Socket caller : callers) {
                String stream = readAll(caller);
                whole += stream.contains("token" + (TOKENS - 1)) && stream.contains("[DONE]") ? 1 : 0;
                caller.close();
            }
            assertThat(whole).isEqualTo(STREAMS);
            assertThat(gateway.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(completed()).as("the ledger has them all").isEqualTo(STREAMS + stillServed);
        }
    }

    @Test
    void killed_its_callers_see_a_broken_connection_and_the_next_one_serves_at_once() throws Exception {
        int port = freePort();
        try (RawServer api = streams()) {
            Process gateway = start(api, port);
            List<Socket> callers = open(port, 20);
            gateway.destroyForcibly().waitFor();
            for (Socket caller : callers) {
                String stream = readAll(caller);
                assertThat(stream)
                        .as("never passed off as complete")
                        .doesNotContain("[DONE]")
                        .doesNotEndWith("0\r\n\r\n");
                caller.close();
            }
            Process again = start(api, port);
            try (Socket socket = ask(port)) {
                assertThat(readAll(socket)).contains("HTTP/1.1 200", "[DONE]");
            } finally {
                again.destroyForcibly();
            }
        }
    }

    @Test
    void a_hang_up_takes_new_settings_in_and_says_in_plain_words_what_is_wrong_with_bad_ones() throws Exception {
        int port = freePort();
        try (RawServer api = streams()) {
            Process gateway = start(api, port);
            try {
                Path settings = folder.resolve("backstay.yaml");
                String good = Files.readString(settings);
                Files.writeString(settings, good.replace("upstream:", "upsteam:"));
                hangUp(gateway);
                awaitLog("the old ones stay in force: unknown key 'upsteam'");
                awaitLog("did you mean 'upstream'?");

                Files.writeString(settings, good + "max-attempts: 2\n");
                hangUp(gateway);
                awaitLog("new settings are in force");
            } finally {
                gateway.destroyForcibly();
            }
        }
    }

    private static void hangUp(Process gateway) throws Exception {
        new ProcessBuilder("kill", "-HUP", "" + gateway.pid()).start().waitFor();
    }

    private void awaitLog(String words) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        Path log = folder.resolve("log");
        while (!Files.readString(log).contains(words)) {
            assertThat(System.nanoTime()).as(Files.readString(log)).isLessThan(until);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static RawServer streams() {
        return RawServer.start((number, talk) -> {
            talk.beginStream();
            for (int i = 0; i < TOKENS; i++) {
                talk.token("token" + i).pause(150);
            }
            talk.done().close();
        });
    }

    private Process start(RawServer api, int port) throws Exception {
        Path settings = Files.writeString(
                folder.resolve("backstay.yaml"),
                "upstream: {url: \"" + api.baseUrl() + "\"}\ndrain: 30s\nlisten: 127.0.0.1:" + port + "\n");
        ProcessBuilder command = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "serve",
                        "--config",
                        settings.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        command.environment().put("BACKSTAY_LEDGER", folder.resolve("ledger.db").toString());
        Process gateway = command.start();
        for (int tries = 0; tries < 600; tries++) {
            try {
                new Socket("127.0.0.1", port).close();
                return gateway;
            } catch (IOException notYet) {
                assertThat(gateway.isAlive()).isTrue();
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }
        throw new AssertionError("it does not listen: " + Files.readString(folder.resolve("log")));
    }

    private long completed() {
        try (Ledger ledger = Ledger.existing(folder.resolve("ledger.db").toString())) {
            return ledger.tallies().attempts(0, Long.MAX_VALUE).stream()
                    .filter(row -> row.outcome().equals(AttemptTally.COMPLETED))
                    .mapToLong(AttemptTally::attempts)
                    .sum();
        }
    }

    /** So many callers who have all had the first token. */
    private static List<Socket> open(int port, int count) throws IOException {
        List<Socket> callers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            callers.add(ask(port));
        }
        for (Socket caller : callers) {
            StringBuilder seen = new StringBuilder();
            while (seen.indexOf("token0") < 0) {
                int next = caller.getInputStream().read();
                assertThat(next).as("the stream begins").isNotNegative();
                seen.append((char) next);
            }
        }
        return callers;
    }

    private static Socket ask(int port) throws IOException {
        Socket socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(30_000);
        socket.getOutputStream()
                .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "
                                + BODY.length() + "\r\n\r\n" + BODY)
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static String readAll(Socket socket) {
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

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
